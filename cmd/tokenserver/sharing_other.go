//go:build !linux && !darwin

package main

import (
	"errors"
	"syscall"
)

var errNoSharing = errors.New("--permit-port-sharing does not work on this system")

func sharing(permitted bool) func(network, address string, c syscall.RawConn) error {
	if !permitted {
		return nil
	}
	return func(string, string, syscall.RawConn) error { return errNoSharing }
}
