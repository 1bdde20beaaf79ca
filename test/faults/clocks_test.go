//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const skewMetric = "capability_operator_apiserver_clock_skew_seconds"

func TestAManagerWhoseClockIsBehindWritesNoTokenThatIsExpiredForOthers(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	const ahead = time.Hour
	p.setClockAhead(ahead)
	o := observe(t, at.api, n)
	// By the manager's clock its renewal is due; by the API server's all that the manager could write has expired.
	left := n.left(t, "left", "10m", time.Now().Add(-9*time.Minute))
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	n.declare(t, "new", "10m")
	long := n.declare(t, "long", "2h")

	n.awaitCondition(t, "new", v1alpha1.ReconcilingCondition, v1alpha1.ReasonClockSkewed)
	n.awaitCondition(t, left.Name, v1alpha1.RenewalFailingCondition, v1alpha1.ReasonClockSkewed)
	o.awaitTokens(t, soon, n.at(long.Name), 1)
	m.awaitMetric(t, soon, skewMetric, func(v float64) bool {
		return v > (ahead-5*time.Second).Seconds() && v < (ahead+5*time.Second).Seconds()
	})
	passes(t, settles)
	for _, s := range o.all() {
		if byServer := s.at.Add(ahead); s.token.Grant.ClientName != left.Name && !byServer.Before(s.token.ExpiresAt) {
			t.Errorf("%s got a token that had expired %s before by the API server's clock",
				s.token.Grant.ClientName, byServer.Sub(s.token.ExpiresAt))
		}
	}
	if held := len(o.tokens(n.at(left.Name))); held != 1 {
		t.Errorf("the token that was there was replaced by %d others", held-1)
	}

	p.setClockAhead(0)
	n.awaitReady(t, soon, 3)
	m.awaitMetric(t, soon, skewMetric, func(v float64) bool { return v > -5 && v < 5 })
	o.expectKept(t)
}

func TestATokenFromTheFutureIsReplacedOnce(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	n.left(t, "hour", "10m", time.Now().Add(time.Hour))
	n.left(t, "day", "10m", time.Now().Add(24*time.Hour))
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}})
	for _, name := range []string{"hour", "day"} {
		o.awaitTokens(t, soon, n.at(name), 2)
	}
	n.awaitReady(t, soon, 2)
	passes(t, settles)
	for _, name := range []string{"hour", "day"} {
		held := o.tokens(n.at(name))
		if len(held) != 2 {
			t.Errorf("%s: %d tokens, wanted the one from the future and one in its place", name, len(held))
		}
		if last := held[len(held)-1]; last.token.IssuedAt.After(last.at) {
			t.Errorf("%s: the token is still from the future", name)
		}
		eventually(t, soon, "an event says why", func(ctx context.Context) (bool, string) {
			events, err := n.eventsAbout(ctx, name)
			return len(events) == 1 && events[0].Reason == "Reissued", fmt.Sprint(len(events), err)
		})
	}
	n.expectStatusRight(t, o)
	o.expectKept(t)
}
