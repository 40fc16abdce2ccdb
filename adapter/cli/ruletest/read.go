package ruletest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"alertscale/adapter/config"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// file is a file of tests that is without fault.
type file struct {
	path   string
	config *config.File
	tests  []*test
}

// test is one timeline, and what is expected of it.
type test struct {
	name   string
	line   int
	start  time.Time
	counts map[string]int              // at the start, by the ref as it is written
	bounds map[string]rules.BoundsSaid // that workloads say, likewise
	inputs []*input                    // by their times
	wants  []*want                     // likewise
}

// start is when a timeline begins that does not say so: midnight of a Monday.
var start = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// configs are the files of rules that were read, as several files of tests may be of one.
type configs struct {
	options config.LoadOptions
	files   map[string]*config.File // by their paths
}

func (c configs) load(path string) (*config.File, error) {
	if f := c.files[path]; f != nil {
		return f, nil
	}
	f, err := config.Load(path, c.options)
	if err == nil {
		c.files[path] = f
	}
	return f, err
}

// reader reads a file of tests.
type reader struct {
	*file
	lines map[string]int // of the tests, by their names
}

// load reads a file of tests, and the file of rules that it names. An error tells all faults.
func load(path string, all configs) (*file, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the tests: %w", err)
	}
	return parse(path, text, all)
}

// parse reads the text of a file of tests.
func parse(path string, text []byte, all configs) (*file, error) {
	doc, root := yamldoc.Parse(path, text)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	r := &reader{file: &file{path: path}, lines: map[string]int{}}
	if err := r.readConfig(root, all); err != nil || r.config == nil {
		return nil, errors.Join(doc.Err(), err)
	}
	root.Fields([]yamldoc.Field{
		{Key: "config", Read: func(yamldoc.Node) {}},
		{Key: "tests", Read: func(n yamldoc.Node) { n.Items(func(_ int, n yamldoc.Node) { r.readTest(n) }) }},
	})
	if !root.Has("tests") {
		root.Faultf("tests are missing: a list of name, counts, input and expect")
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return r.file, nil
}

// readConfig loads the file of rules, without which no name of a test means anything.
func (r *reader) readConfig(root yamldoc.Node, all configs) (err error) {
	n := root.Child("config")
	if n == nil {
		root.Faultf("config is missing: the file whose rules are tested, such as alertscale.yml beside this one")
		return nil
	}
	path := n.File()
	if path == "" {
		return nil
	}
	if r.config, err = all.load(path); err != nil {
		n.Faultf("%s cannot be used:", path)
	}
	return err
}

func (r *reader) readTest(n yamldoc.Node) {
	t := &test{line: n.Line(), start: start, counts: map[string]int{}, bounds: map[string]rules.BoundsSaid{}}
	n.Fields([]yamldoc.Field{
		{Key: "name", Read: func(n yamldoc.Node) { t.name = n.Text() }},
		{Key: "start", Read: func(n yamldoc.Node) { t.start = readTime(n) }},
		{Key: "counts", Read: func(n yamldoc.Node) { r.eachRef(n, func(ref string, n yamldoc.Node) { t.counts[ref] = n.Int(0) }) }},
		{Key: "bounds", Read: func(n yamldoc.Node) { r.readBounds(n, t.bounds) }},
		{Key: "input", Read: func(n yamldoc.Node) {
			n.Items(func(_ int, n yamldoc.Node) { t.inputs = append(t.inputs, r.readInput(n)) })
		}},
		{Key: "expect", Read: func(n yamldoc.Node) {
			n.Items(func(_ int, n yamldoc.Node) { t.wants = append(t.wants, r.readWant(n)) })
		}},
	})
	if !n.IsMap() {
		return
	}
	if first := r.lines[t.name]; first > 0 && t.name != "" {
		n.Faultf("the name is duplicated, first on line %d", first)
	}
	r.lines[t.name] = t.line
	for _, key := range []string{"name", "expect"} {
		if !n.Has(key) {
			n.Faultf("%s is missing", key)
		}
	}
	slices.SortStableFunc(t.inputs, func(a, b *input) int { return int(a.at - b.at) })
	slices.SortStableFunc(t.wants, func(a, b *want) int { return int(a.at - b.at) })
	r.tests = append(r.tests, t)
}

func readTime(n yamldoc.Node) time.Time {
	text := n.Text()
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case text == "":
	case err != nil:
		n.Faultf("%q is no time such as 2026-03-02T08:00:00Z", text)
	case at.UTC().Year() < 1970 || at.UTC().Year() > 9000:
		n.Faultf("want a time of the years 1970 to 9000, got %s", text)
	}
	return at
}

// maxAt is how long a timeline may be.
const maxAt = 366 * 24 * time.Hour

// readAt reads a time of a timeline.
func readAt(n yamldoc.Node) time.Duration {
	d := n.Duration()
	if d > maxAt {
		n.Faultf("want at most 366d")
		return 0
	}
	return d
}

// eachRef reads a mapping whose keys are names of targets or refs.
func (r *reader) eachRef(n yamldoc.Node, read func(ref string, n yamldoc.Node)) {
	n.Each(func(name string, n yamldoc.Node) {
		ref, err := r.config.Rules.RefNamed(name)
		if err != nil {
			n.Faultf("%v", err)
		}
		read(ref, n)
	})
}

// readBounds reads what workloads say of their own bounds.
func (r *reader) readBounds(n yamldoc.Node, to map[string]rules.BoundsSaid) {
	r.eachRef(n, func(ref string, n yamldoc.Node) { to[ref] = rules.ReadBoundsSaid(n) })
}
