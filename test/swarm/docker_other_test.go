//go:build !linux

package swarm

import "syscall"

func apart() *syscall.SysProcAttr { return nil }
