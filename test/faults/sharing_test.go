//go:build faults

package faults_test

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestOfTwoThatWantOneSecretOneWinsAndTheOtherFollows(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}})
	clients := []string{"tommy", "jane"}
	many(len(clients), func(i int) {
		c := n.capability(clients[i], "30s")
		c.Spec.Secret = &v1alpha1.SecretTarget{Name: "shared"}
		create(t, at.api, c)
	})
	shared := n.at("shared")
	winner, loser := clients[0], clients[1]
	if o.awaitTokens(t, soon, shared, 1)[0].token.Grant.ClientName == loser {
		winner, loser = loser, winner
	}
	n.awaitCondition(t, loser, v1alpha1.StalledCondition, v1alpha1.ReasonSecretNotOwned)

	// Over a renewal, the Secret stays with the one that won.
	held := o.awaitTokens(t, soon, shared, 2)
	for _, s := range held {
		if s.token.Grant.ClientName != winner {
			t.Error("the Secret went from one to the other")
		}
	}

	n.delete(t, winner, client.PropagationPolicy("Background"))
	gone := time.Now()
	n.awaitReady(t, soon, 1)
	t.Logf("the other had its token %s after the first was deleted", time.Since(gone).Round(10*time.Millisecond))
	all := o.tokens(shared)
	if last := all[len(all)-1]; last.token.Grant.ClientName != loser {
		t.Error("the Secret is still the winner's, though that is gone")
	}
	o.expectNoneExpired(t)
	o.expectAllVerify(t)
	expectNoOrphans(t, n)
}
