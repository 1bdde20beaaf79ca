//go:build !linux

package main

import "syscall"

// childAttributes keeps a terminal's Ctrl-C away from a child, which the demo stops itself and in order.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
