// Package cli holds the commands beside serve.
package cli

import (
	"errors"
	"fmt"
	"io"

	"alertscale/adapter/config"
	"alertscale/rules/yamldoc"
)

// CheckOptions say what to check.
type CheckOptions struct {
	Files []string
	// LintFails makes faults of warnings.
	LintFails bool
}

// Check reads files and prints, in promtool's manner, whether each is right, or all its faults, and its warnings. It
// returns the exit code: 1 where there is any fault.
func Check(out, errOut io.Writer, o CheckOptions) int {
	code := 0
	for _, path := range o.Files {
		fmt.Fprintln(out, "Checking", path)
		f, warnings, err := config.Lint(path)
		if err == nil && o.LintFails {
			err = joined(warnings)
			warnings = nil
		}
		if err != nil {
			fmt.Fprintf(errOut, "  FAILED:\n%v\n", err)
			code = 1
			continue
		}
		fmt.Fprintf(out, "  SUCCESS: %s, %s, %s found\n", count(len(f.Drivers), "driver"),
			count(len(f.Rules.Targets), "target"), count(len(f.Rules.Rules), "rule"))
		if err := joined(warnings); err != nil {
			fmt.Fprintln(errOut, err)
		}
	}
	return code
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
