//go:build faults

package faults_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestAKillBetweenTheSecretAndItsStatusMintsNothingTwice(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	o := observe(t, at.api, n)
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	// killBetween has the causes answered in the Secrets, and the manager killed before it could write any status.
	killBetween := func(wanted func(string) int, bringAbout func()) {
		mend := p.inject(kinds(patchStatus), holds())
		bringAbout()
		for name := range causes {
			o.awaitTokens(t, soon, n.at(name), wanted(name))
		}
		m.kill()
		mend()
		m.start(t.Context())
		expectTokens(t, n, o, wanted)
	}

	killBetween(func(string) int { return 1 }, func() { declareForCauses(t, n) })
	killBetween(afterCauses, func() {
		for name, bringAbout := range causes {
			bringAbout(t, n, name)
		}
	})
	killBetween(func(name string) int { return afterCauses(name) + 1 }, func() { n.rotate(t) })
	o.expectNoneExpired(t)
}

// killsVariable says how often the manager is killed.
const killsVariable = "FAULTS_KILLS"

func kills(t *testing.T) int {
	t.Helper()
	wanted, ok := os.LookupEnv(killsVariable)
	if !ok {
		return 10
	}
	n, err := strconv.Atoi(wanted)
	if err != nil {
		t.Fatalf("%s: %v", killsVariable, err)
	}
	return n
}

func TestKillsAtRandomMomentsOfARenewalStormLoseNothing(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	o := observe(t, at.api, n)
	const objects = 200
	// The wait between two renewals is a fifth of the lifetime, so that about a dozen tokens are due in each second
	// and the rest of the lifetime has room for restarts on a busy machine.
	many(objects, func(i int) {
		c := n.capability(fmt.Sprintf("client-%d", i), "30s")
		c.Spec.RenewBefore = "24s"
		create(t, n.api, c)
	})
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	n.awaitReady(t, 2*time.Minute, objects)

	count, working := kills(t), 0
	began, mintedBefore := time.Now(), len(o.all())
	for range count {
		before := p.count(patchSecret)
		passes(t, time.Duration(rand.Int64N(int64(2500*time.Millisecond))))
		m.kill()
		if p.count(patchSecret) > before {
			working++
		}
		m.start(t.Context())
	}
	took := time.Since(began)
	n.awaitReady(t, time.Minute, objects)
	passes(t, 5*time.Second)
	n.awaitReady(t, soon, objects)

	o.expectKept(t)
	o.expectTermsKept(t, 5*time.Second)
	expectNoOrphans(t, n)
	t.Logf("%d kills in %s, %d of them of a manager that had renewed since its start; %d tokens meanwhile, none with less than %s left",
		count, took.Round(time.Second), working, len(o.all())-mintedBefore, o.leastLeft())
}
