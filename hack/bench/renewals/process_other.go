//go:build !linux

package main

import "syscall"

// childAttributes keeps a terminal's Ctrl-C away from a child, which is stopped in order.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
