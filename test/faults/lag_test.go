//go:build faults

package faults_test

import (
	"fmt"
	"testing"
	"time"
)

func TestNoTokenExpiresWhileTheWatchesAreFrozen(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	o := observe(t, at.api, n)
	runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	const objects = 10
	name := func(i int) string { return fmt.Sprintf("client-%d", i) }
	for i := range objects {
		n.declare(t, name(i), "12s")
	}
	n.awaitReady(t, soon, objects)

	thaw := p.tap.freeze()
	passes(t, 26*time.Second) // two lifetimes
	for i := range objects {
		if renewed := len(o.tokens(n.at(name(i)))) - 1; renewed < 3 {
			t.Errorf("%s was renewed %d times in two lifetimes", name(i), renewed)
		}
	}
	o.expectKept(t)
	o.expectTermsKept(t, 5*time.Second)

	thaw()
	n.rotate(t)
	before := time.Now()
	o.awaitAllSigned(t, 10*time.Second, n, objects)
	t.Logf("%s after the thaw every token was signed with the new AuthToken", time.Since(before).Round(time.Millisecond))
	n.awaitReady(t, soon, objects)
	o.expectKept(t)
}

func TestOneCauseMintsOnceWhileTheWatchesLag(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	p := newProxy(t, at.cluster)
	p.tap.lag(2 * time.Second)
	// Each conflict is another pass over a cache that does not have the last write yet.
	p.inject(kinds(patchSecret, patchStatus), rounds(1, 2, conflicts()))
	oneTokenForEachCause(t, at, p)
}
