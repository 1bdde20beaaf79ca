package main

import (
	"context"
	"io"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// sharesItsAddress runs one that can answer, and beside it one whose API server is
// away: of all connections, the kernel would give that one its half.
func (w *world) sharesItsAddress(t *testing.T, bearer string) {
	t.Helper()
	shared := *w
	shared.address = controlplane.FreeAddress(t)
	shared.runBeside(t, w.own.Config)
	eventually(t, 30*time.Second, func() bool { return shared.straight(t).ask(t, "tommy", `{}`, bearer).code != 0 }, w.log.String)
	shared.runBeside(t, &rest.Config{Host: "https://127.0.0.1:1"})
	for range 20 { // connections
		if a := shared.straight(t).ask(t, "tommy", `{}`, bearer); !verifies(t, a, authToken) {
			t.Fatalf("the answer is no token, but %d", a.code)
		}
	}
}

// runBeside runs another on a shared address until the test ends.
func (w *world) runBeside(t *testing.T, config *rest.Config) {
	t.Helper()
	o, err := parseOptions([]string{"--bind-address=" + w.address, "--permit-port-sharing", "--cert-namespace=capability-operator-system"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	running, end := context.WithCancel(context.WithoutCancel(t.Context()))
	p, err := newProgram(running, rest.CopyConfig(config), o)
	if err != nil {
		end()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.run(running) }()
	t.Cleanup(func() {
		end()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("it ended with: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("it does not end")
		}
	})
}
