package swarm

import "syscall"

// apart gives a program namespaces of its own, in which it is the first process: when it ends, or the test's
// process dies, all that it has started ends too.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Setpgid:    true, Pdeathsig: syscall.SIGKILL,
	}
}
