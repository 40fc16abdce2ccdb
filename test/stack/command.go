package stack

import (
	"bytes"
	"os/exec"
	"slices"
)

// Command runs a command of the program, in the environment of the running
// one, which it finds by itself. It returns what the command writes to both of
// its outputs, in their order, and its exit code.
func (a *Alertscale) Command(t T, args ...string) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), a.path, args...)
	cmd.Dir, cmd.Env = a.dir, append(slices.Clone(a.env), "ALERTSCALE_URL="+a.URL)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		must(t, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}
