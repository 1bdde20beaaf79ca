//go:build linux || darwin

package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// sharing lets several processes listen on one address, among which the kernel
// then divides new connections.
func sharing(permitted bool) func(network, address string, c syscall.RawConn) error {
	if !permitted {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err != nil {
			return err
		}
		return failed
	}
}
