//go:build faults

package faults_test

import (
	"fmt"
	"testing"
	"time"
)

const (
	// outage is longer than several renewals, and than a lifetime.
	outage = 30 * time.Second
	// revival bounds how long after the API server's return no Secret holds an expired token any more: its first
	// answer has everything looked at.
	revival = 10 * time.Second
	// election is how much later that is where the lease of a leader that is gone has to run out first.
	election = 30 * time.Second
	// recovery bounds how long after the API server's return everything is Ready again, also what was declared since:
	// a watch that broke is opened again after up to a minute, until when nobody hears of new objects.
	recovery = time.Minute + 20*time.Second
)

// Each manager has short tokens, which expire in the outage because nobody can write, and long ones, which outlive it
// and must not be made anew.
func TestAnAPIServerThatComesBackFindsEverythingReadyAgain(t *testing.T) {
	t.Parallel()
	rough.exclusively(t)
	at := rough.get(t)
	alone, elected := newNamespace(t, at.api), newNamespace(t, at.api)
	o := observe(t, at.api, alone, elected)
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{alone}}).keepRunning()
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{elected}, elect: elected.name}).keepRunning()
	const short, long = 10, 5
	for _, n := range []*namespace{alone, elected} {
		for i := range short {
			n.declare(t, fmt.Sprintf("short-%d", i), "15s")
		}
		for i := range long {
			n.declare(t, fmt.Sprintf("long-%d", i), "1h")
		}
		n.awaitReady(t, time.Minute, short+long)
	}
	o.expectKept(t)

	if err := at.cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	passes(t, outage)
	if err := at.cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	o.awaitAlive(t, revival-time.Since(back), alone, short+long)
	t.Logf("without election: no token was expired %s after the API server's return", time.Since(back).Round(100*time.Millisecond))
	alone.declare(t, "late", "1h") // the watch that is to tell of it may still be backing off
	o.awaitAlive(t, revival+election-time.Since(back), elected, short+long)
	t.Logf("with election: no token was expired %s after the API server's return", time.Since(back).Round(100*time.Millisecond))
	elected.declare(t, "late", "1h")
	for who, n := range map[string]*namespace{"without election": alone, "with election": elected} {
		o.awaitAlive(t, recovery-time.Since(back), n, short+long+1)
		n.awaitReady(t, recovery-time.Since(back), short+long+1)
		t.Logf("%s: everything was Ready %s after the API server's return, a new object had its token after %s",
			who, time.Since(back).Round(100*time.Millisecond), o.tokens(n.at("late"))[0].at.Sub(back).Round(100*time.Millisecond))
	}

	steady := time.Now()
	passes(t, 16*time.Second)
	o.expectNoneExpiredAfter(t, steady)
	o.expectAllVerify(t)
	o.expectNoGaps(t)
	for _, n := range []*namespace{alone, elected} {
		for i := range long {
			if held := len(o.tokens(n.at(fmt.Sprintf("long-%d", i)))); held != 1 {
				t.Errorf("a token that outlived the outage was replaced: %d tokens", held)
			}
		}
	}
}
