//go:build !linux

package stack

import "syscall"

// ownGroup keeps a terminal's interrupt from the programs, which the test ends
// in its own order.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
