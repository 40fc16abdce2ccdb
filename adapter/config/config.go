// Package config reads alertscale's file: the drivers, and the rules and targets that package rules
// compiles. All faults are reported at once, each with its line.
package config

import (
	"fmt"
	"os"
	"sync"

	"alertscale/adapter/promfiles"
	"alertscale/adapter/source/alertmanager"
	"alertscale/adapter/source/hook"
	"alertscale/rules"
	"alertscale/rules/yamldoc"

	"gopkg.in/yaml.v3"
)

// File is a file that was read and is without fault.
type File struct {
	Path    string
	Drivers map[string]Driver
	Hooks   []hook.Config
	Rules   *rules.Set

	Alertmanager *alertmanager.Config // nil: alerts are not looked up

	tree *yaml.Node // until the text is printed
	once sync.Once
	text string
}

// Text returns the file as it may be shown: without secrets and comments. It is printed at the first call.
func (f *File) Text() string {
	f.once.Do(func() {
		f.text = redact(f.tree)
		f.tree = nil // which takes twenty times as much memory as the text
	})
	return f.text
}

const ttlWhy = ": an alert that is not heard of for alert_ttl counts as absent, so keep it above Alertmanager's repeat_interval"

// Load reads the file at a path. With dryRun, nothing is ever changed by its rules.
func Load(path string, dryRun bool) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, text, dryRun)
}

// Parse reads the text of a file. path is for messages.
func Parse(path string, text []byte, dryRun bool) (*File, error) {
	f, _, err := parse(path, text, dryRun)
	return f, err
}

// Lint reads the file at a path as Load does. It also returns warnings: what is without fault in it, and probably not meant.
func Lint(path string) (*File, []*yamldoc.Fault, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the configuration: %w", err)
	}
	return LintText(path, text)
}

// LintText is Lint of the text of a file. path is for messages.
func LintText(path string, text []byte) (*File, []*yamldoc.Fault, error) {
	f, src, err := parse(path, text, false)
	if err != nil {
		return nil, nil, err
	}
	f.Rules.Lint(src.options)
	return f, src.doc.Warnings(), nil
}

// source is what a file was read from.
type source struct {
	doc     *yamldoc.Doc
	options rules.SetOptions
}

func parse(path string, text []byte, dryRun bool) (*File, source, error) {
	doc, root := yamldoc.Parse(path, text)
	if what := promfiles.Foreign(root); what != "" { // which has one document or several
		return nil, source{}, &yamldoc.Fault{File: path, Line: root.Line(), What: what}
	}
	if err := doc.Err(); err != nil {
		return nil, source{}, err
	}
	f := &File{Path: path, tree: doc.Tree(), Drivers: map[string]Driver{}}
	src := rules.SetOptions{AlertTTL: rules.DefaultAlertTTL, DryRun: dryRun, Root: root, Drivers: map[string]rules.RefSchema{}}
	root.Fields([]yamldoc.Field{
		{Key: "drivers", Read: f.readDrivers},
		{Key: "alert_ttl", Read: func(n yamldoc.Node) { src.AlertTTL = n.DurationAbove0(ttlWhy) }},
		{Key: "hooks", Read: func(n yamldoc.Node) {
			n.Each(func(name string, v yamldoc.Node) { f.Hooks = append(f.Hooks, hook.ReadConfig(name, v)) })
		}},
		{Key: "alertmanager", Read: func(n yamldoc.Node) {
			if f.Alertmanager = alertmanager.ReadConfig(n); f.Alertmanager != nil {
				src.LookupAfter = f.Alertmanager.Check
			}
		}},
		{Key: "targets", Read: func(n yamldoc.Node) { src.Targets = &n }},
		{Key: "rules", Read: func(n yamldoc.Node) { src.Rules = &n }},
		{Key: "time_intervals", Read: func(n yamldoc.Node) { src.TimeIntervals = &n }},
	}, "rule_files", "senders", "upgrades", "sinks")
	if !root.Has("drivers") {
		f.Drivers[defaultType] = defaultDriver()
	}
	for name, d := range f.Drivers {
		src.Drivers[name] = d.schema()
	}
	if root.IsMap() {
		f.Rules = rules.NewSet(src)
	} else if doc.Err() == nil {
		root.Faultf("the file is empty")
	}
	if err := doc.Err(); err != nil {
		return nil, source{}, err
	}
	return f, source{doc, src}, nil
}
