//go:build !linux

package children

import "syscall"

// Attributes keep a terminal's Ctrl-C away from a child, which is stopped in order.
func Attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
