package controlplane

import (
	"context"
	"net"
)

// Test is what a *testing.T is to StartFor. The package testing itself has no place in programs, which start control
// planes too.
type Test interface {
	Helper()
	Context() context.Context
	Cleanup(end func())
	Error(args ...any)
	Fatal(args ...any)
}

// StartFor starts a control plane that is stopped when the test has ended, and ends the test where it does not come up.
func StartFor(t Test, options Options) *Cluster {
	t.Helper()
	cluster, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

// FreeAddress is a host and port of loopback on which nobody listens at the moment, for a program that the test starts.
func FreeAddress(t Test) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
