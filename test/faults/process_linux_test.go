//go:build faults

package faults_test

import "syscall"

// ownChild is a process that ends with the tests, also where those are killed.
func ownChild() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
