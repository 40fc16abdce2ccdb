// Package cli holds the commands beside serve.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"alertscale/adapter/config"
	"alertscale/adapter/promfiles"
	"alertscale/rules/chain"
	"alertscale/rules/yamldoc"
)

// CheckOptions say what to check.
type CheckOptions struct {
	Files []string // a dash is standard input
	// LintFails makes faults of warnings.
	LintFails bool
	// Alertmanager and Rules name files of Alertmanager and of Prometheus, through which alerts are followed to the rules;
	// both or none.
	Alertmanager, Rules []string
	// JSON prints everything as one object, to out.
	JSON  bool
	Stdin io.Reader
	// Connect also connects to the drivers of the files, and looks whether the workloads of their fixed targets are there.
	Connect bool
	// ExpandEnv replaces variables in the values of the files by those of the environment.
	ExpandEnv bool
}

// Check reads files and prints, in promtool's manner, whether each is right, or all its faults, and its warnings. It
// returns the exit code: 1 where there is any fault.
func Check(out, errOut io.Writer, o CheckOptions) int {
	c := checker{options: o}
	c.run()
	if o.JSON {
		return c.printJSON(out)
	}
	return c.print(out, errOut)
}

// checker checks files.
type checker struct {
	options CheckOptions
	follows bool // alerts are followed
	input   chain.Input
	fault   error // of what alerts are followed through
	files   []checked
}

// checked is what came of a file.
type checked struct {
	name     string
	file     *config.File // nil with a fault
	fault    error
	warnings []*yamldoc.Fault
	chain    *chain.Report // nil: no alerts are followed to it

	connected *connected // nil: its drivers are not connected to
}

func (c *checker) run() {
	c.readChain()
	for _, name := range c.options.Files {
		f := c.check(name)
		if f.fault == nil && c.follows && c.fault == nil {
			f.chain = c.follow(f)
		}
		if f.fault == nil && c.options.Connect {
			f.connected = connect(f.file)
		}
		if c.options.LintFails {
			f.fail()
		}
		c.files = append(c.files, f)
	}
}

// check checks one file by itself.
func (c *checker) check(name string) checked {
	source, err := promfiles.Read(name, c.options.Stdin)
	f := checked{name: source.Name}
	if err != nil {
		f.name, f.fault = name, cmp.Or(config.NoFolder(name), err)
		return f
	}
	f.file, f.warnings, f.fault = config.LintText(source.Name, source.Text, config.LoadOptions{ExpandEnv: c.options.ExpandEnv})
	return f
}

// fail makes faults of warnings.
func (f *checked) fail() {
	f.fault = errors.Join(f.fault, joined(f.warnings))
	f.warnings = nil
	if f.chain != nil {
		f.fault = errors.Join(f.fault, joined(f.chain.Warnings))
		f.chain.Warnings = nil
	}
}

// failed reports whether there is any fault.
func (c *checker) failed() bool {
	failed := c.fault != nil
	for _, f := range c.files {
		failed = failed || f.failed()
	}
	return failed
}

func (f *checked) failed() bool { return f.fault != nil || f.connected != nil && !f.connected.well() }

func (c *checker) print(out, errOut io.Writer) int {
	if c.fault != nil {
		fmt.Fprintf(errOut, "  FAILED:\n%v\n", c.fault)
	}
	for _, f := range c.files {
		fmt.Fprintln(out, "Checking", f.name)
		if f.chain != nil {
			f.printAlerts(out)
		}
		if f.fault != nil {
			fmt.Fprintf(errOut, "  FAILED:\n%v\n", f.fault)
			continue
		}
		upgrades := ""
		if n := len(f.file.Upgrades); n > 0 {
			upgrades = ", " + count(n, "upgrade")
		}
		fmt.Fprintf(out, "  SUCCESS: %s, %s, %s%s found%s%s\n", count(len(f.file.Drivers), "driver"),
			count(len(f.file.Rules.Targets), "target"), count(len(f.file.Rules.Rules), "rule"), upgrades, f.spread(), f.followed())
		if err := joined(f.allWarnings()); err != nil {
			fmt.Fprintln(errOut, err)
		}
		if f.connected != nil {
			f.connected.show(out, errOut)
		}
	}
	if c.failed() {
		return 1
	}
	return 0
}

// spread says in how many files that is; empty where there is the one alone.
func (f *checked) spread() string {
	if len(f.file.RuleFiles)+len(f.file.Unmatched) == 0 {
		return ""
	}
	return " in " + count(1+len(f.file.RuleFiles), "file")
}

// allWarnings are those of the file, and those of the way of alerts to it.
func (f *checked) allWarnings() []*yamldoc.Fault {
	if f.chain == nil {
		return f.warnings
	}
	return append(f.warnings[:len(f.warnings):len(f.warnings)], f.chain.Warnings...)
}

// joined makes one error of faults; nil where there are none.
func joined(faults []*yamldoc.Fault) error {
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
