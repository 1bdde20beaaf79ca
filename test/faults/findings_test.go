//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// tokens are the different tokens of the account that the Secret has held, in order.
func (o *observer) tokens(key types.NamespacedName) []sighting {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.secrets[key] == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(o.secrets[key].tokens), func(s sighting) bool { return s.err != nil })
}

// all are the tokens of all Secrets, in the order in which they were seen.
func (o *observer) all() []sighting {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []sighting
	for _, h := range o.secrets {
		all = append(all, h.tokens...)
	}
	slices.SortFunc(all, func(a, b sighting) int { return a.at.Compare(b.at) })
	return all
}

// awaitTokens waits until the Secret has held so many different tokens.
func (o *observer) awaitTokens(t *testing.T, within time.Duration, key types.NamespacedName, count int) []sighting {
	t.Helper()
	eventually(t, within, fmt.Sprintf("%s has held %d tokens", key.Name, count), func(context.Context) (bool, string) {
		held := len(o.tokens(key))
		return held >= count, fmt.Sprintf("%d", held)
	})
	return o.tokens(key)
}

// expectNoneExpired is the promise.
func (o *observer) expectNoneExpired(t *testing.T) {
	t.Helper()
	o.expectNoneExpiredAfter(t, time.Time{})
}

// expectNoneExpiredAfter is the promise from a moment on, from which its conditions hold.
func (o *observer) expectNoneExpiredAfter(t *testing.T, from time.Time) {
	t.Helper()
	o.expectExpiredOnly(t, func(f finding) bool { return f.seen.Before(from) })
}

// expectNoneExpiredOf is the promise for one namespace.
func (o *observer) expectNoneExpiredOf(t *testing.T, n *namespace) {
	t.Helper()
	o.expectExpiredOnly(t, func(f finding) bool { return f.secret.Namespace != n.name })
}

func (o *observer) expectExpiredOnly(t *testing.T, excused func(finding) bool) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	found := slices.DeleteFunc(slices.Clone(o.expired), excused)
	for i, f := range found {
		if i == 5 {
			t.Errorf("… and %d more", len(found)-i)
			break
		}
		t.Errorf("%s held a token %s after its end", f.secret.Name, f.seen.Sub(f.expired).Round(time.Millisecond))
	}
}

// expectAllVerify: nobody ever found anything in a Secret but a token that the account signed.
func (o *observer) expectAllVerify(t *testing.T) {
	t.Helper()
	for _, s := range o.all() {
		if s.err != nil {
			t.Errorf("a Secret held what is no token of the account: %v", s.err)
		}
	}
}

// expectNoGaps: once it was there, no Secret was missing.
func (o *observer) expectNoGaps(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, h := range o.secrets {
		if len(h.gaps) > 0 || !h.present {
			t.Errorf("the Secret %s was missing: %v, and is there now: %v", key.Name, h.gaps, h.present)
		}
	}
}

// expectKept is what holds wherever nobody but the operator touches Secrets.
func (o *observer) expectKept(t *testing.T) {
	t.Helper()
	o.expectNoneExpired(t)
	o.expectAllVerify(t)
	o.expectNoGaps(t)
}

// expectTermsKept: no token was replaced by an older one, nor by another before its time for renewal could have come.
func (o *observer) expectTermsKept(t *testing.T, shortest time.Duration) {
	t.Helper()
	for _, key := range o.keys() {
		o.expectTermsKeptOf(t, key, shortest)
	}
}

// keys are the Secrets that were seen.
func (o *observer) keys() []types.NamespacedName {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.secrets))
}

func (o *observer) expectTermsKeptOf(t *testing.T, key types.NamespacedName, shortest time.Duration) {
	t.Helper()
	tokens := o.tokens(key)
	for i := 1; i < len(tokens); i++ {
		if term := tokens[i].token.IssuedAt.Sub(tokens[i-1].token.IssuedAt); term < shortest-time.Second {
			t.Errorf("%s: token %d was issued %s after the one before; the shortest term is %s", key.Name, i+1, term, shortest)
		}
	}
}

// leastLeft is the least that was left of a token's life when the next one was seen in its place.
func (o *observer) leastLeft() time.Duration {
	least := time.Duration(math.MaxInt64)
	for _, key := range o.keys() {
		tokens := o.tokens(key)
		for i := 1; i < len(tokens); i++ {
			least = min(least, tokens[i-1].token.ExpiresAt.Sub(tokens[i].at))
		}
	}
	return least.Round(10 * time.Millisecond)
}

// expectNoOrphans: each token Secret belongs to an object that is there, now or as soon as garbage is collected.
func expectNoOrphans(t *testing.T, namespaces ...*namespace) {
	t.Helper()
	for _, n := range namespaces {
		eventually(t, soon, "every token Secret has its owner", func(ctx context.Context) (bool, string) {
			orphans, err := n.orphans(ctx)
			return err == nil && len(orphans) == 0, fmt.Sprint(orphans, err)
		})
	}
}

func (n *namespace) orphans(ctx context.Context) ([]string, error) {
	owners, secrets := &v1alpha1.ClientCapabilityList{}, &corev1.SecretList{}
	if err := n.api.List(ctx, secrets, tokenSecrets(n)...); err != nil {
		return nil, err
	}
	if err := n.api.List(ctx, owners, tokenSecrets(n)[0]); err != nil {
		return nil, err
	}
	uids := map[types.UID]bool{}
	for i := range owners.Items {
		uids[owners.Items[i].UID] = true
	}
	var orphans []string
	for i := range secrets.Items {
		if owner := metav1.GetControllerOf(&secrets.Items[i]); owner == nil || !uids[owner.UID] {
			orphans = append(orphans, secrets.Items[i].Name)
		}
	}
	return orphans, nil
}

// anyToken is how every token begins.
const anyToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

// expectDiscreet: a log tells of no token and no AuthToken, and of no race.
func expectDiscreet(t *testing.T, log string, namespaces []*namespace) {
	t.Helper()
	if strings.Contains(log, anyToken) {
		t.Error("the manager's log holds a token")
	}
	for _, n := range namespaces {
		for _, key := range n.keys {
			if strings.Contains(log, key) {
				t.Error("the manager's log holds an AuthToken")
			}
		}
	}
	for _, word := range []string{"DATA RACE", "panic"} {
		if strings.Contains(log, word) {
			t.Errorf("the manager's log has %q", word)
		}
	}
}

// awaitAllSigned waits until the present AuthToken has signed the token of every Secret.
func (o *observer) awaitAllSigned(t *testing.T, within time.Duration, n *namespace, count int) {
	t.Helper()
	o.awaitAll(t, within, n, count, "signed with the present AuthToken", func(s sighting) bool {
		_, err := capability.Verify(s.raw, n.key(), s.token.IssuedAt)
		return err == nil
	})
}

// awaitAlive waits until every Secret holds a living token. A status may be from before an outage; this is not.
func (o *observer) awaitAlive(t *testing.T, within time.Duration, n *namespace, count int) {
	t.Helper()
	o.awaitAll(t, within, n, count, "alive", func(s sighting) bool {
		return s.err == nil && time.Now().Before(s.token.ExpiresAt)
	})
}

func (o *observer) awaitAll(t *testing.T, within time.Duration, n *namespace, count int, what string, so func(sighting) bool) {
	t.Helper()
	eventually(t, within, "every token is "+what, func(context.Context) (bool, string) {
		o.mu.Lock()
		defer o.mu.Unlock()
		met := 0
		for key, h := range o.secrets {
			if key.Namespace == n.name && h.present && len(h.tokens) > 0 && so(h.tokens[len(h.tokens)-1]) {
				met++
			}
		}
		return met == count, fmt.Sprintf("%d of %d", met, count)
	})
}
