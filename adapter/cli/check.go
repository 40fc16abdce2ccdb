// Package cli holds the commands beside serve.
package cli

import (
	"fmt"
	"io"

	"alertscale/adapter/config"
)

// Check reads files and prints, in promtool's manner, whether each is right, or all its faults. It returns
// the exit code: 1 where there is any fault.
func Check(out, errOut io.Writer, files []string) int {
	code := 0
	for _, path := range files {
		fmt.Fprintln(out, "Checking", path)
		f, err := config.Load(path, false)
		if err != nil {
			fmt.Fprintf(errOut, "  FAILED:\n%v\n", err)
			code = 1
			continue
		}
		fmt.Fprintf(out, "  SUCCESS: %s, %s, %s found\n", count(len(f.Drivers), "driver"),
			count(len(f.Rules.Targets), "target"), count(len(f.Rules.Rules), "rule"))
	}
	return code
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
