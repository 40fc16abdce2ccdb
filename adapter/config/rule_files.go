package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"alertscale/adapter/promfiles"
	"alertscale/rules"
	"alertscale/rules/yamldoc"

	"gopkg.in/yaml.v3"
)

// RuleFile is a file of targets and rules that rule_files names.
type RuleFile struct {
	Name string // as in messages

	tree *yaml.Node // until the text is printed
	text string
}

// mainKeys are the keys of the main file that a file of rules may not have.
var mainKeys = [...]string{"drivers", "alert_ttl", "hooks", "alertmanager", "time_intervals", "rule_files", "senders", "upgrades", "sinks"}

// readRuleFiles reads the files that patterns name, each once, in the order of the patterns and of their names.
func (f *File) readRuleFiles(n yamldoc.Node, all *source, to *rules.SetOptions) {
	known := knownFiles(f.Path)
	n.Items(func(_ int, item yamldoc.Node) {
		pattern := item.Text()
		if pattern == "" {
			to.Partial = true
			return
		}
		path := f.beside(pattern)
		f.state.patterns = append(f.state.patterns, path)
		names, err := ruleFileNames(path)
		switch {
		case err != nil:
			to.Partial = true
			item.Faultf("%v", err)
		case len(names) == 0:
			to.Partial = true // there may be files later
			item.Warnf("%s matches no file", pattern)
			f.Unmatched = append(f.Unmatched, path)
		}
		for _, name := range known.not(names) {
			f.readRuleFile(name, item, all, to)
		}
	})
}

// special are the characters by which a pattern is one.
const special = `*?[\`

// beside returns a pattern of files, which is beside the file where it is not absolute. The folder's name is no pattern.
func (f *File) beside(pattern string) string {
	dir := filepath.Dir(f.Path)
	switch {
	case filepath.IsAbs(pattern):
		return pattern
	case !strings.ContainsAny(pattern, special):
		return filepath.Join(dir, pattern)
	}
	var escaped strings.Builder
	for _, r := range dir {
		if strings.ContainsRune(special, r) {
			escaped.WriteByte('\\')
		}
		escaped.WriteRune(r)
	}
	return filepath.Join(escaped.String(), pattern)
}

func (f *File) readRuleFile(name string, item yamldoc.Node, all *source, to *rules.SetOptions) {
	text, err := readRegular(name)
	f.state.add(name, text, err)
	if err != nil {
		to.Partial = true
		item.Faultf("%v", err)
		return
	}
	doc, root := yamldoc.Parse(name, text)
	all.docs = append(all.docs, doc)
	if what := promfiles.Foreign(root); what != "" {
		root.Faultf("%s", what)
	}
	if doc.Err() != nil {
		to.Partial = true
		return
	}
	doc.Use(f.env)
	var part rules.Part
	fields := []yamldoc.Field{
		{Key: "targets", Read: func(n yamldoc.Node) { part.Targets = &n }},
		{Key: "rules", Read: func(n yamldoc.Node) { part.Rules = &n }},
	}
	for _, key := range mainKeys {
		fields = append(fields, yamldoc.Field{Key: key, Misplaced: "belongs into " + f.Path + "; a file of rule_files has targets and rules only"})
	}
	root.Fields(fields)
	if part == (rules.Part{}) && doc.Err() == nil {
		root.Faultf("has neither targets nor rules")
	}
	to.More = append(to.More, part)
	f.RuleFiles = append(f.RuleFiles, &RuleFile{Name: name, tree: doc.Tree()})
}

// ruleFileNames returns the files that a pattern matches, or the one that it names.
func ruleFileNames(pattern string) ([]string, error) {
	if _, err := os.Lstat(pattern); err == nil || !strings.ContainsAny(pattern, special) { // also one with a bracket in its name
		return []string{pattern}, nil
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s is no pattern such as rules/*.yml: %w", pattern, err)
	}
	var names []string
	for _, name := range found {
		if info, err := os.Stat(name); !isHidden(pattern, name) && (err != nil || !info.IsDir()) {
			names = append(names, name)
		}
	}
	return names, nil
}

// known is the files that were read, by where they are behind all links.
type known map[string]bool

// knownFiles returns those that are read when the main one is: *.yml may match it, too.
func knownFiles(path string) known { return known{realPath(path): true} }

// not returns the files that are not known so far. From now on they are.
func (k known) not(names []string) (more []string) {
	for _, name := range names {
		if real := realPath(name); !k[real] {
			k[real] = true
			more = append(more, name)
		}
	}
	return more
}

// isHidden reports whether a pattern matches a name that begins with a dot, as those do that editors and mounts make, and does not
// say so itself.
func isHidden(pattern, name string) bool {
	wanted, parts := strings.Split(filepath.Clean(pattern), string(filepath.Separator)), strings.Split(name, string(filepath.Separator))
	for i, part := range parts {
		if strings.HasPrefix(part, ".") && i < len(wanted) && !strings.HasPrefix(wanted[i], ".") {
			return true
		}
	}
	return false
}

// readRegular reads a file that has an end.
func readRegular(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file", name)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder; want files, such as %s", name, filepath.Join(name, "*.yml"))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	return os.ReadFile(name)
}

// realPath is where a file is, behind all links; where that is not known, it is the path.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return path
}
