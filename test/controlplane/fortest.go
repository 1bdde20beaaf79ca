package controlplane

import "context"

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
