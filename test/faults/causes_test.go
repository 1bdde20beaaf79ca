//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// causes are what has a living token replaced, each for an object of that name.
var causes = map[string]func(t *testing.T, n *namespace, name string){
	"renew-requested": func(t *testing.T, n *namespace, name string) {
		c := n.capability(name, "")
		change(t, n.api, c, func() {
			c.Annotations = map[string]string{v1alpha1.RenewRequestedAtAnnotation: time.Now().UTC().Format(time.RFC3339)}
		})
	},
	"declaration-changed": func(t *testing.T, n *namespace, name string) {
		c := n.capability(name, "")
		change(t, n.api, c, func() { c.Spec.TTL = "4m" })
	},
	"secret-deleted": func(t *testing.T, n *namespace, name string) {
		if err := n.api.Delete(t.Context(), n.secret(name)); err != nil {
			t.Error(err)
		}
	},
	"token-edited": func(t *testing.T, n *namespace, name string) {
		secret := n.secret(name)
		change(t, n.api, secret, func() { secret.Data[v1alpha1.DefaultTokenKey] = []byte("no token") })
	},
	"token-removed": func(t *testing.T, n *namespace, name string) {
		secret := n.secret(name)
		change(t, n.api, secret, func() { delete(secret.Data, v1alpha1.DefaultTokenKey) })
	},
	// Nothing about the token: it stays as it is.
	"label-edited": func(t *testing.T, n *namespace, name string) {
		secret := n.secret(name)
		change(t, n.api, secret, func() { delete(secret.Annotations, v1alpha1.OwnerAnnotation) })
	},
}

// declareForCauses makes an object for each cause. Its lifetime is so short that a failed call is tried again within
// seconds, and its only renewal of its own comes after the test.
func declareForCauses(t *testing.T, n *namespace) {
	t.Helper()
	for name := range causes {
		c := n.capability(name, "3m")
		c.Spec.RenewBefore = "5s"
		create(t, n.api, c)
	}
}

func (n *namespace) secret(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: n.name, Name: name}}
}

// afterCauses is how many tokens the object has had once its cause was answered, the first one included.
func afterCauses(name string) int {
	if name == "label-edited" {
		return 1
	}
	return 2
}

// oneTokenForEachCause runs a manager behind the proxy, whose faults are the caller's, and counts the tokens: one for
// the first issue, one for each object's own cause, one for a rotated account, and no other.
func oneTokenForEachCause(t *testing.T, at *lazyCluster, p *proxy) {
	t.Helper()
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})

	declareForCauses(t, n)
	expectTokens(t, n, o, func(string) int { return 1 })
	for name, bringAbout := range causes {
		bringAbout(t, n, name)
	}
	expectTokens(t, n, o, afterCauses)
	n.rotate(t)
	expectTokens(t, n, o, func(name string) int { return afterCauses(name) + 1 })

	o.expectNoneExpired(t)
}

// settles is how long nothing more may be minted until it counts as never.
const settles = 3 * time.Second

// retriedWithin bounds how long it takes until a second try has succeeded: a tenth of the lifetime for each try that fails, and a busy machine.
const retriedWithin = 2 * time.Minute

// expectTokens waits until each object has had its number of tokens and is Ready, and that it stays at that.
func expectTokens(t *testing.T, n *namespace, o *observer, wanted func(name string) int) {
	t.Helper()
	for name := range causes {
		o.awaitTokens(t, retriedWithin, n.at(name), wanted(name))
	}
	n.awaitReady(t, retriedWithin, len(causes))
	passes(t, settles)
	for name := range causes {
		if held := len(o.tokens(n.at(name))); held != wanted(name) {
			t.Errorf("%s has had %d tokens, wanted %d", name, held, wanted(name))
		}
	}
	n.expectStatusRight(t, o)
}

// expectStatusRight: each status tells of the token that is in the Secret.
func (n *namespace) expectStatusRight(t *testing.T, o *observer) {
	t.Helper()
	eventually(t, soon, "each status tells of the token in its Secret", func(ctx context.Context) (bool, string) {
		list := &v1alpha1.ClientCapabilityList{}
		if err := n.api.List(ctx, list, tokenSecrets(n)[0]); err != nil {
			return false, err.Error()
		}
		for i := range list.Items {
			c := &list.Items[i]
			held := o.tokens(n.at(c.SecretName()))
			if len(held) == 0 || c.Status.Token == nil {
				return false, c.Name + " has no token or tells of none"
			}
			last := held[len(held)-1].token
			asked := c.Annotations[v1alpha1.RenewRequestedAtAnnotation] != ""
			if !c.Status.Token.ExpiresAt.Time.Equal(last.ExpiresAt) || asked != (c.Status.LastRenewRequest != nil) {
				return false, fmt.Sprintf("%s tells of %v, the Secret holds %v", c.Name, c.Status.Token.ExpiresAt, last.ExpiresAt)
			}
		}
		return true, ""
	})
}
