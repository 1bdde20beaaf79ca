package main

import "syscall"

// ownChild keeps a terminal's Ctrl-C away from a child, which is stopped in order, and has the kernel end it with this
// program.
func ownChild() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
