package children

import "syscall"

// Attributes keep a terminal's Ctrl-C away from a child, which is stopped in order,
// and have the kernel end the child with this program, however that ends.
//
// The kernel takes the thread that starts a child for its parent. Who starts one
// has to stay on a thread that lives as long as the child is to
// (runtime.LockOSThread).
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
