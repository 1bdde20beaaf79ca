//go:build faults && !linux

package faults_test

import "syscall"

func ownChild() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
