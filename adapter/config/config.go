// Package config reads alertscale's file, and those that it names: the drivers, and the rules and targets that package rules
// compiles. All faults are reported at once, each with its file and line.
package config

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"alertscale/adapter/promfiles"
	"alertscale/adapter/sink/remote"
	"alertscale/adapter/source/alertmanager"
	"alertscale/adapter/source/hook"
	"alertscale/adapter/source/sender"
	"alertscale/rules"
	"alertscale/rules/upgrade"
	"alertscale/rules/yamldoc"

	"gopkg.in/yaml.v3"
)

// File is a file that was read and is without fault.
type File struct {
	Path    string
	Drivers map[string]Driver
	Hooks   []hook.Config
	Senders []sender.Config // none: whoever reaches /webhook may post
	Rules   *rules.Set
	Sinks   []remote.Config

	Upgrades []*upgrade.Upgrade

	Alertmanager *alertmanager.Config // nil: alerts are not looked up

	RuleFiles []*RuleFile // in the order in which they were read
	Unmatched []string    // the patterns of rule_files that match no file

	tree  *yaml.Node // until the text is printed
	env   *yamldoc.Environment
	once  sync.Once
	text  string
	state state // of what was read, to be compared
}

// Text returns the file as it may be shown: without secrets and comments, and with its variables as they are written. It is printed
// at the first call.
func (f *File) Text() string {
	f.print()
	return f.text
}

// RuleTexts returns, likewise, the files of rule_files, by their names.
func (f *File) RuleTexts() map[string]string {
	f.print()
	texts := make(map[string]string, len(f.RuleFiles))
	for _, r := range f.RuleFiles {
		texts[r.Name] = r.text
	}
	return texts
}

func (f *File) print() {
	f.once.Do(func() {
		f.text = redact(f.tree)
		f.tree = nil // which takes twenty times as much memory as the text
		for _, r := range f.RuleFiles {
			r.text = redact(r.tree)
			r.tree = nil
		}
		f.env.Forget()
	})
}

// Written returns a text about the file with the values of variables as they are written in it.
func (f *File) Written(text string) string { return f.env.Written(text) }

// asWritten returns an error about the file whose text is Written.
func (f *File) asWritten(err error) error {
	if text := f.Written(err.Error()); text != err.Error() {
		return &writtenError{text, err}
	}
	return err
}

// writtenError is an error of which something else is shown.
type writtenError struct {
	text string
	err  error
}

func (e *writtenError) Error() string { return e.text }
func (e *writtenError) Unwrap() error { return e.err }

// LoadOptions say how a file is read.
type LoadOptions struct {
	DryRun    bool // nothing is ever changed by its rules
	ExpandEnv bool // variables in its values are replaced by those of the environment
}

const ttlWhy = ": an alert that is not heard of for alert_ttl counts as absent, so keep it above Alertmanager's repeat_interval"

// Load reads the file at a path, and those that it names.
func Load(path string, o LoadOptions) (*File, error) {
	text, err := readMain(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, o)
}

// NoFolder returns an error where a path is that of a folder.
func NoFolder(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file, which may name others by rule_files: [rules/*.yml]", path)
	}
	return nil
}

// readMain reads the text of the file that the others are named in.
func readMain(path string) ([]byte, error) {
	if err := NoFolder(path); err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return text, nil
}

// Parse reads the text of a file, and the files that it names. path is for messages, and what is relative is beside it.
func Parse(path string, text []byte, o LoadOptions) (*File, error) {
	f, _, err := parse(path, text, o)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Lint reads the file at a path as Load does. It also returns warnings: what is without fault in it, and probably not meant.
func Lint(path string, o LoadOptions) (*File, []*yamldoc.Fault, error) {
	text, err := readMain(path)
	if err != nil {
		return nil, nil, err
	}
	return LintText(path, text, o)
}

// LintText is Lint of the text of a file. path is for messages.
func LintText(path string, text []byte, o LoadOptions) (*File, []*yamldoc.Fault, error) {
	f, src, err := parse(path, text, o)
	if err != nil {
		return nil, nil, err
	}
	f.Rules.Lint(src.options)
	f.lintScopes(src.options.Root)
	return f, src.warnings(), nil
}

// source is what a file was read from.
type source struct {
	docs    []*yamldoc.Doc // its own, and those of its rule files
	options rules.SetOptions
}

// err joins the faults of all files.
func (s *source) err() error {
	errs := make([]error, len(s.docs))
	for i, doc := range s.docs {
		errs[i] = doc.Err()
	}
	return errors.Join(errs...)
}

func (s *source) warnings() (all []*yamldoc.Fault) {
	for _, doc := range s.docs {
		all = append(all, doc.Warnings()...)
	}
	return all
}

const noExpansion = "and variables of the environment are replaced with --config.expand-env only"

func (o LoadOptions) environment() *yamldoc.Environment {
	if o.ExpandEnv {
		return yamldoc.NewEnvironment(os.LookupEnv)
	}
	return yamldoc.RefuseVariables(noExpansion)
}

// parse reads a file. Also where there is an error, the File knows what was read.
func parse(path string, text []byte, o LoadOptions) (*File, *source, error) {
	f := &File{Path: path, env: o.environment(), Drivers: map[string]Driver{}, state: newState(text)}
	doc, root := yamldoc.Parse(path, text)
	if what := promfiles.Foreign(root); what != "" { // which has one document or several
		return f, nil, &yamldoc.Fault{File: path, Line: root.Line(), What: what}
	}
	if err := doc.Err(); err != nil {
		return f, nil, err
	}
	doc.Use(f.env)
	f.tree = doc.Tree()
	all := &source{docs: []*yamldoc.Doc{doc}}
	src := rules.SetOptions{AlertTTL: rules.DefaultAlertTTL, DryRun: o.DryRun, Root: root, Drivers: map[string]rules.RefSchema{}}
	root.Fields([]yamldoc.Field{
		{Key: "drivers", Read: f.readDrivers},
		{Key: "alert_ttl", Read: func(n yamldoc.Node) { src.AlertTTL = n.DurationAbove0(ttlWhy) }},
		{Key: "hooks", Read: f.readHooks},
		{Key: "senders", Read: f.readSenders},
		{Key: "alertmanager", Read: func(n yamldoc.Node) {
			if f.Alertmanager = alertmanager.ReadConfig(n); f.Alertmanager != nil {
				src.LookupAfter = f.Alertmanager.Check
			}
		}},
		{Key: "sinks", Read: func(n yamldoc.Node) { f.Sinks = remote.ReadConfig(n) }},
		{Key: "targets", Read: func(n yamldoc.Node) { src.Targets = &n }},
		{Key: "rules", Read: func(n yamldoc.Node) { src.Rules = &n }},
		{Key: "time_intervals", Read: func(n yamldoc.Node) { src.TimeIntervals = &n }},
		{Key: "rule_files", Read: func(n yamldoc.Node) { f.readRuleFiles(n, all, &src) }},
		{Key: "upgrades", Read: func(yamldoc.Node) { src.Optional = true }},
	})
	f.describeDrivers(root, src.Drivers)
	src.Senders, src.Hooks = f.scopes()
	if root.IsMap() {
		f.Rules = rules.NewSet(src)
		f.readUpgrades(root.Child("upgrades"), o.DryRun)
	} else if doc.Err() == nil {
		root.Faultf("the file is empty")
	}
	all.options = src
	return f, all, all.err()
}

// describeDrivers says what the targets of each driver need. Without drivers there is one.
func (f *File) describeDrivers(root yamldoc.Node, to map[string]rules.RefSchema) {
	if !root.Has("drivers") {
		f.Drivers[defaultType] = defaultDriver()
	}
	for name, d := range f.Drivers {
		to[name] = d.schema()
	}
}
