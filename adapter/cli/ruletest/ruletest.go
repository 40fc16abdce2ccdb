// Package ruletest is the command test: unit tests of rules, on a clock that jumps, through the code that decides in
// the program.
package ruletest

import (
	"fmt"
	"io"
	"regexp"

	"alertscale/adapter/config"
	"alertscale/rules"
)

// Options say what is run, and what is reported.
type Options struct {
	Run      *regexp.Regexp     // of the names of the tests to run; nil: all
	JUnit    string             // the file to write a report to; empty: none
	Coverage bool               // list the rules that no test made act
	Load     config.LoadOptions // of the files of rules
}

// Run runs the tests of files, and prints, in promtool's manner, of each file whether all is as expected. It returns the
// exit code: 1 where anything is not.
func Run(out, errOut io.Writer, files []string, o Options) int {
	r := &runner{Options: o, out: out, errOut: errOut, configs: configs{o.Load, map[string]*config.File{}}, covered: coverage{acted: map[*rules.Rule]bool{}}}
	for _, path := range files {
		r.file(path)
	}
	if o.Coverage {
		r.covered.report(out)
	}
	if o.JUnit != "" {
		if err := r.report.write(o.JUnit); err != nil {
			fmt.Fprintf(errOut, "write the report: %v\n", err)
			r.code = 1
		}
	}
	return r.code
}

// runner runs the tests of files.
type runner struct {
	Options
	out, errOut io.Writer
	configs     configs
	covered     coverage
	report      suites
	code        int
}

// file runs the tests of one file.
func (r *runner) file(path string) {
	fmt.Fprintln(r.out, "Unit Testing: ", path)
	s := &suite{Name: path}
	r.report.Suites = append(r.report.Suites, s)
	f, err := load(path, r.configs)
	if err != nil {
		r.code = 1
		s.broken(err)
		fmt.Fprintf(r.errOut, "  FAILED:\n%v\n", err)
		return
	}
	n, failed := 0, 0
	for _, t := range f.tests {
		if r.Run != nil && !r.Run.MatchString(t.name) {
			continue
		}
		n++
		misses := r.test(f, t)
		s.add(t.name, misses)
		if len(misses) == 0 {
			continue
		}
		if failed++; failed == 1 {
			fmt.Fprintln(r.errOut, "  FAILED:")
		}
		for _, text := range misses {
			indent(r.errOut, text)
		}
	}
	r.sum(n, failed)
}

// test runs one test, and returns what it misses.
func (r *runner) test(f *file, t *test) (texts []string) {
	l := play(t, f.config)
	r.covered.note(f.config, l.decisions)
	for _, m := range l.judge() {
		texts = append(texts, m.text(f.path, t.name, f.config.Rules))
	}
	return texts
}

// sum says how the tests of a file went.
func (r *runner) sum(n, failed int) {
	switch {
	case failed > 0:
		r.code = 1
		fmt.Fprintf(r.errOut, "  %d of %s failed\n", failed, tests(n))
	case n == 0 && r.Run != nil:
		fmt.Fprintf(r.out, "  SUCCESS: no test has a name that matches %s\n", r.Run)
	default:
		fmt.Fprintf(r.out, "  SUCCESS: %s\n", tests(n))
	}
}

func tests(n int) string {
	if n == 1 {
		return "1 test"
	}
	return fmt.Sprintf("%d tests", n)
}

func expectations(n int) string {
	if n == 1 {
		return "1 expectation"
	}
	return fmt.Sprintf("%d expectations", n)
}
