package main

import (
	"runtime"
	"syscall"
)

// The kernel takes the thread that started a child for its parent. The main goroutine starts the children, so it stays
// on the main thread, which lives as long as the program.
func init() { runtime.LockOSThread() }

// childAttributes keeps a terminal's Ctrl-C away from a child, which is stopped in order, and has the kernel end the
// child with this program, however that ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
