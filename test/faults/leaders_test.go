//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	// leaseLasts is how long a leader that is silent is waited for, and followsWithin bounds the time until another
	// one works: the lease, the standby's next look at it, and a busy machine.
	leaseLasts    = 15 * time.Second
	followsWithin = leaseLasts + 10*time.Second
)

// holder is who leads; empty while nobody does.
func (n *namespace) holder(ctx context.Context) string {
	lease := &coordinationv1.Lease{}
	err := n.api.Get(ctx, client.ObjectKey{Namespace: n.name, Name: "capability-operator"}, lease)
	if err != nil || lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// awaitLeader waits until somebody else than before leads.
func (n *namespace) awaitLeader(t *testing.T, within time.Duration, before string) string {
	t.Helper()
	leader := ""
	eventually(t, within, "another manager leads", func(ctx context.Context) (bool, string) {
		leader = n.holder(ctx)
		return leader != "" && leader != before, leader
	})
	return leader
}

// pair is a leader and its standby.
type pair struct {
	n                *namespace
	leading, standby *manager
	leader           string // the leader's name in the lease
}

func startPair(t *testing.T, at *lazyCluster, n *namespace) *pair {
	t.Helper()
	p := &pair{n: n}
	s := settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}, elect: n.name}
	p.leading = runManager(t, s)
	p.leader = n.awaitLeader(t, time.Minute, "")
	p.standby = runManager(t, s)
	p.standby.awaitMetric(t, soon, "leader_election_master_status", func(v float64) bool { return v == 0 })
	return p
}

// follow waits until the standby leads, and makes it the leader of the pair.
func (p *pair) follow(t *testing.T) {
	t.Helper()
	p.leader = p.n.awaitLeader(t, followsWithin, p.leader)
	p.leading, p.standby = p.standby, p.leading
}

func TestALeaderThatWakesUpLateOverwritesNothingNewer(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	p := startPair(t, at, n)
	const objects = 20
	name := func(i int) string { return fmt.Sprintf("client-%d", i) }
	for i := range objects {
		c := n.capability(name(i), "60s")
		if i >= objects/2 {
			c.Spec.Secret = &v1alpha1.SecretTarget{DeletionPolicy: v1alpha1.DeletionPolicyRetain}
		}
		create(t, at.api, c)
	}
	n.awaitReady(t, soon, objects)

	p.leading.pause()
	p.follow(t)
	// What the sleeper does not know: some objects are gone, one is there anew, one declares something else.
	n.delete(t, name(0))
	n.delete(t, name(1))
	n.delete(t, name(objects-1))
	awaitGone(t, at.api, soon, n.secret(name(0)))
	awaitGone(t, at.api, soon, n.secret(name(1)))
	n.declare(t, name(1), "60s")
	changed := n.capability(name(2), "")
	change(t, at.api, changed, func() { changed.Spec.TTL = "70s" })
	retained := len(o.tokens(n.at(name(objects - 1))))
	n.awaitReady(t, soon, objects-2)
	passes(t, 12*time.Second) // so that what the sleeper knows is due, and has been renewed by the other
	p.standby.resume()

	select {
	case <-p.standby.over():
		t.Log("the late leader ended by itself")
	case <-time.After(followsWithin):
		t.Error("the late leader goes on")
	}
	passes(t, 10*time.Second)
	n.awaitReady(t, soon, objects-2)
	o.expectNoneExpired(t)
	o.expectAllVerify(t)
	if held := n.holder(t.Context()); held != p.leader {
		t.Error("the late leader took the lease back")
	}
	p.expectUntouched(t, o, name(0), name(objects-1), retained)
	for i := 3; i < objects-1; i++ {
		o.expectTermsKeptOf(t, n.at(name(i)), 27*time.Second)
	}
}

// expectUntouched: what went with its object did not come back, and what was retained holds the token that it held.
func (p *pair) expectUntouched(t *testing.T, o *observer, gone, retained string, tokens int) {
	t.Helper()
	o.mu.Lock()
	present := o.of(p.n.at(gone)).present
	o.mu.Unlock()
	if present {
		t.Error("a Secret came back though its object is gone")
	}
	if held := len(o.tokens(p.n.at(retained))); held != tokens {
		t.Errorf("a retained Secret, whose object is gone, got a new token: %d, wanted %d", held, tokens)
	}
}

// This measures the longest time in which nothing was renewed, after a leader was stopped in order and after one was
// killed, while ten tokens are due in each second.
func TestNoTokenExpiresWhenALeaderIsKilledOrStoppedUnderLoad(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	const objects = 300
	now := time.Now()
	many(objects, func(i int) { // spread over the 30 s between two renewals of such a token
		n.left(t, fmt.Sprintf("client-%d", i), "60s", now.Add(-time.Duration(i)*25*time.Second/objects))
	})
	o := observe(t, at.api, n)
	p := startPair(t, at, n)
	n.awaitReady(t, soon, objects)
	passes(t, 3*time.Second)

	// Stopped first: after a gap, what was late is due together again a term later, with a lull before it.
	gap := func(from time.Time) time.Duration {
		return o.longestGap(from.Add(-3*time.Second), time.Now()).Round(10 * time.Millisecond)
	}
	stopped := time.Now()
	p.leading.stop()
	t.Logf("the leader took %s to stop", time.Since(stopped).Round(10*time.Millisecond))
	p.follow(t)
	passes(t, 3*time.Second)
	t.Logf("leader stopped: longest gap without renewals %s", gap(stopped))

	p.standby.start(t.Context())
	p.standby.awaitMetric(t, soon, "leader_election_master_status", func(v float64) bool { return v == 0 })
	killed := time.Now()
	p.leading.kill()
	p.follow(t)
	passes(t, 5*time.Second)
	t.Logf("leader killed: longest gap without renewals %s; no token had less than %s left when it was replaced", gap(killed), o.leastLeft())

	n.awaitReady(t, soon, objects)
	o.expectKept(t)
	o.expectTermsKept(t, 25*time.Second)
	expectNoOrphans(t, n)
}

// longestGap is the longest time between two new tokens in any Secret.
func (o *observer) longestGap(from, to time.Time) time.Duration {
	longest, last := time.Duration(0), from
	for _, s := range o.all() {
		if s.at.Before(from) || s.at.After(to) {
			continue
		}
		longest, last = max(longest, s.at.Sub(last)), s.at
	}
	return max(longest, to.Sub(last))
}
