package main

import (
	"runtime"
	"syscall"
)

// The kernel takes the thread that started a child for its parent. The main goroutine starts the children, so it stays
// on the main thread, which lives as long as the demo.
func init() { runtime.LockOSThread() }

// childAttributes keeps a terminal's Ctrl-C away from a child, which the demo stops itself and in order, and has the
// kernel end the child with the demo, however the demo ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
