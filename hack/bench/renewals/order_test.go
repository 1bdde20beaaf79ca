package main

import (
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

func TestTheOrderOfOverdueRenewalsIsJudgedByExpiry(t *testing.T) {
	start := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	in := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	before := map[string]capability.Token{
		"soon": {ExpiresAt: in(10)}, "sooner": {ExpiresAt: in(3)}, "later": {ExpiresAt: in(100)}, "last": {ExpiresAt: in(500)},
	}
	got := judgeOrder(before, []sighting{
		{name: "soon", at: in(1)}, {name: "last", at: in(2)}, {name: "sooner", at: in(4)}, {name: "later", at: in(5)},
		{name: "soon", at: in(6)}, {name: "unknown", at: in(7)},
	}, start)
	if got.expired != 1 {
		t.Errorf("%d expired before they were renewed, not 1", got.expired)
	}
	// Of the six pairs one is not apart; before "last" two others should have come.
	if got.pairs != 5 || got.inOrder != 3 {
		t.Errorf("%v of %v pairs are in order, not 3 of 5", got.inOrder, got.pairs)
	}
	if got.waits.count != 4 || got.waits.most != 5*time.Second {
		t.Errorf("all waited %+v, not 5 s at most", got.waits)
	}
	if got.urgent.count != 2 || got.urgent.most != 4*time.Second {
		t.Errorf("the urgent waited %+v, not 4 s at most", got.urgent)
	}
}

func TestASpreadGivesTheMiddleAndTheEnds(t *testing.T) {
	var durations []time.Duration
	for i := 101; i > 0; i-- {
		durations = append(durations, time.Duration(i)*time.Second)
	}
	want := spread{count: 101, p50: 51 * time.Second, p99: 100 * time.Second, most: 101 * time.Second}
	if got := spreadOf(durations); got != want {
		t.Errorf("%+v is the spread, not %+v", got, want)
	}
	if got := spreadOf(nil); got != (spread{}) {
		t.Errorf("%+v is the spread of nothing", got)
	}
}

func TestNothingIsOverdueBeforeAllAreMade(t *testing.T) {
	const objects = 10000
	for _, i := range []int{0, objects/10*9 - 1, objects / 10 * 9, objects - 1} {
		c := declared(objectName(i), overdueLife(i, objects))
		if wait := c.Spec.TTL.Value() - c.Spec.RenewBefore.Value(); wait != overdueWait {
			t.Errorf("object %d is due %s after its issue, not %s", i, wait, overdueWait)
		}
		if urgent := c.Spec.RenewBefore.Value() < 81*time.Second; urgent != (i >= objects/10*9) {
			t.Errorf("object %d has %s left", i, c.Spec.RenewBefore.Value())
		}
	}
}
