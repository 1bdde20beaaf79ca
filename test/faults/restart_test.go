//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// There are a thousand expired tokens in one namespace, three in another, some about to expire in a third, and a
// manager whose every write takes so long that the thousand last for many seconds.
func TestAfterAStandstillTheUrgentTheNewAndTheFewDoNotWaitForTheThousand(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	crowd, few, urgent := newNamespace(t, at.api), newNamespace(t, at.api), newNamespace(t, at.api)
	const crowded, three, five = 1000, 3, 5
	expired := time.Now().Add(-20 * time.Minute)
	many(crowded, func(i int) { crowd.left(t, fmt.Sprintf("client-%d", i), "10m", expired) })
	many(three, func(i int) { few.left(t, fmt.Sprintf("client-%d", i), "10m", expired) })
	about := time.Now().Add(25*time.Second - 10*time.Minute)
	many(five, func(i int) { urgent.left(t, fmt.Sprintf("client-%d", i), "10m", about) })
	namespaces := []*namespace{crowd, few, urgent}
	o := observe(t, at.api, namespaces...)
	p := newProxy(t, at.cluster)
	p.inject(writes(), takes(120*time.Millisecond))
	started := time.Now()
	runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: namespaces})

	order := order{observer: o}
	eventually(t, soon, "the thousand are on their way", func(context.Context) (bool, string) {
		renewed := order.renewed(crowd.name)
		return renewed >= 100, fmt.Sprintf("%d renewed", renewed)
	})
	began, before := time.Now(), order.renewed(crowd.name)
	few.declare(t, "new", "10m")
	took := o.awaitTokens(t, soon, few.at("new"), 1)[0].at.Sub(began)
	meanwhile := order.renewed(crowd.name) - before
	if waiting := crowded - order.renewed(crowd.name); waiting < 100 {
		t.Errorf("only %d of the thousand were left when the new object had its token: this shows nothing", waiting)
	}
	// Those that were under way, and those that went until a busy machine's watches had brought it.
	if meanwhile > 250 {
		t.Errorf("a new object waited for %d of the thousand, which took %s", meanwhile, took)
	}
	crowd.awaitReady(t, time.Minute, crowded)
	few.awaitReady(t, soon, three+1)
	urgent.awaitReady(t, soon, five)

	behind := func(n *namespace) int { return order.before(crowd.name, n.name) }
	if ahead := behind(urgent); ahead > 64 {
		t.Errorf("%d of the expired were renewed before the last that was about to expire", ahead)
	}
	if ahead := behind(few); ahead > 200 {
		t.Errorf("%d of the thousand were renewed before the last of the three", ahead)
	}
	t.Logf("the new object had its token after %s, and %d of the thousand meanwhile; before the last of the urgent went %d of the thousand, before the last of the three %d; the thousand took %s",
		took.Round(time.Millisecond), meanwhile, behind(urgent), behind(few), order.last(crowd.name).Sub(started).Round(100*time.Millisecond))
	o.expectNoneExpiredOf(t, urgent)
	o.expectAllVerify(t)
	expectNoOrphans(t, namespaces...)
}

// order is the order in which tokens were replaced.
type order struct{ observer *observer }

// times are when the Secrets of a namespace, new objects left out, got their new token.
func (r order) times(namespace string) []time.Time {
	r.observer.mu.Lock()
	defer r.observer.mu.Unlock()
	var times []time.Time
	for key, h := range r.observer.secrets {
		if key.Namespace == namespace && strings.HasPrefix(key.Name, "client-") && len(h.tokens) > 1 {
			times = append(times, h.tokens[1].at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func (r order) renewed(namespace string) int { return len(r.times(namespace)) }

func (r order) last(namespace string) time.Time {
	times := r.times(namespace)
	return times[len(times)-1]
}

// before is how many of one namespace got their token before the last one of the other.
func (r order) before(namespace, other string) int {
	last := r.last(other)
	return len(slices.DeleteFunc(r.times(namespace), last.Before))
}
