//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	editEvery = 50 * time.Millisecond
	editsLast = 20 * time.Second
	// healedWithin bounds how long after the last edit the Secret is right again.
	healedWithin = 10 * time.Second
	// slack is for a busy machine.
	slack = 10 * time.Second
	// manyEdits are so many that something must be said; a busy machine may not get that far.
	manyEdits = 100
	// mostWrites is how often a Secret is mended at most meanwhile: ten times at once, then once in six seconds.
	mostWrites = 16
)

// loops are users who do something to a Secret again and again; old is a token of the account's that has expired.
var loops = map[string]func(ctx context.Context, secret edited, i int) error{
	"token": func(ctx context.Context, secret edited, i int) error {
		return secret.patch(ctx, `{"data":{"token":"bm8gdG9rZW4="},"metadata":{"labels":{"edit":"%d"}}}`, i)
	},
	"label": func(ctx context.Context, secret edited, i int) error {
		return secret.patch(ctx, `{"metadata":{"labels":{"team":"edit-%d"}}}`, i)
	},
	"expiry": func(ctx context.Context, secret edited, i int) error {
		return secret.patch(ctx, `{"data":{"expires-at":null},"metadata":{"labels":{"edit":"%d"}}}`, i)
	},
	// A tool that puts back what it once read.
	"old-token": func(ctx context.Context, secret edited, i int) error {
		return secret.patch(ctx, `{"data":{"token":"`+secret.old+`"},"metadata":{"labels":{"edit":"%d"}}}`, i)
	},
	"deleted": func(ctx context.Context, secret edited, _ int) error {
		return client.IgnoreNotFound(secret.n.api.Delete(ctx, secret.n.secret(secret.name)))
	},
}

type edited struct {
	n         *namespace
	name, old string
}

func (e edited) patch(ctx context.Context, patch string, i int) error {
	return e.n.api.Patch(ctx, e.n.secret(e.name), client.RawPatch(types.MergePatchType, fmt.Appendf(nil, patch, i)))
}

func TestASecretThatIsEditedInALoopIsMendedAtAPace(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	for name := range loops {
		c := n.capability(name, "1h")
		c.Spec.Secret = &v1alpha1.SecretTarget{Labels: map[string]v1alpha1.LabelValue{"team": "support"}}
		create(t, at.api, c)
	}
	n.awaitReady(t, soon, len(loops))
	writes, statuses, lines := p.effective(createSecret, patchSecret), p.effective(patchStatus), m.log.lines()
	events, requests := p.effective(createEvent, patchEvent), p.count(patchSecret)+p.count(createSecret)
	ended := n.editInLoops(t)

	writes = p.effective(createSecret, patchSecret) - writes
	statuses = p.effective(patchStatus) - statuses
	t.Logf("in %s the operator wrote %d times to %d Secrets (with %d requests), %d statuses and %d events", editsLast,
		writes, len(loops), p.count(patchSecret)+p.count(createSecret)-requests, statuses, p.effective(createEvent, patchEvent)-events)
	if most := mostWrites * len(loops); writes > most || statuses > 2*most {
		t.Errorf("the operator wrote %d times to %d Secrets, and %d statuses", writes, len(loops), statuses)
	}
	if said := m.log.lines() - lines; said > len(loops) {
		t.Errorf("the operator said %d lines", said)
	}
	for name := range loops {
		n.awaitMended(t, healedWithin+slack-time.Since(ended), name)
	}
	n.awaitReady(t, healedWithin+slack-time.Since(ended), len(loops))
	t.Logf("everything was mended and Ready %s after the last edit", time.Since(ended).Round(10*time.Millisecond))
}

// editInLoops runs all loops side by side, looks on meanwhile for what is said of it, and returns when they ended.
func (n *namespace) editInLoops(t *testing.T) (ended time.Time) {
	t.Helper()
	var running sync.WaitGroup
	for name, edit := range loops {
		secret, _ := n.tokenSecret(t, n.capability(name, "1h"), time.Now().Add(-2*time.Hour))
		e := edited{n: n, name: name, old: encode(secret.Data[v1alpha1.DefaultTokenKey])}
		running.Go(func() {
			ticker := time.NewTicker(editEvery)
			defer ticker.Stop()
			ends, said := time.After(editsLast), false
			for i := 0; ; i++ {
				if err := edit(t.Context(), e, i); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if i%5 == 0 {
					said = said || n.saysContested(t.Context(), name)
				}
				select {
				case <-ticker.C:
					continue
				case <-ends:
				}
				if !said && i > manyEdits {
					t.Errorf("%s was changed %d times, and no condition said so", name, i)
				}
				return
			}
		})
	}
	running.Wait()
	return time.Now()
}

func (n *namespace) saysContested(ctx context.Context, name string) bool {
	c, err := n.get(ctx, name)
	return err == nil && slices.ContainsFunc(c.Status.Conditions, func(condition metav1.Condition) bool {
		return condition.Reason == v1alpha1.ReasonSecretContested
	})
}

// awaitMended waits until the Secret holds a living token, its expiry and the declared label.
func (n *namespace) awaitMended(t *testing.T, within time.Duration, name string) {
	t.Helper()
	eventually(t, within, name+" is mended", func(ctx context.Context) (bool, string) {
		secret := n.secret(name)
		if err := n.api.Get(ctx, client.ObjectKeyFromObject(secret), secret); err != nil {
			return false, err.Error()
		}
		held := n.read(string(secret.Data[v1alpha1.DefaultTokenKey]), time.Now())
		said := string(secret.Data[v1alpha1.ExpiresAtKey])
		switch {
		case held.err != nil:
			return false, held.err.Error()
		case !held.at.Before(held.token.ExpiresAt):
			return false, "an expired token"
		case said != held.token.ExpiresAt.Format(time.RFC3339):
			return false, fmt.Sprintf("expires-at %q", said)
		case secret.Labels["team"] != "support":
			return false, fmt.Sprintf("the label %q", secret.Labels["team"])
		}
		return true, ""
	})
}
