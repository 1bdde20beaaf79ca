//go:build !linux

package main

import "syscall"

// ownChild keeps a terminal's Ctrl-C away from a child, which is stopped in order.
func ownChild() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
