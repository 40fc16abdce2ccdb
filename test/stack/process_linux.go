package stack

import "syscall"

// ownGroup keeps a terminal's interrupt from the programs, which the test ends
// in its own order, and ends them with the test's process where that dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
