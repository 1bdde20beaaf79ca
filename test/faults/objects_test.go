//go:build faults

package faults_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// account is the name of the account's Secret in every namespace.
const account = "twilio"

// namespace is one namespace of one test, with an account of its own or one that it was lent.
type namespace struct {
	name    string
	api     client.WithWatch
	account v1alpha1.AccountReference
	sid     string

	mu   sync.Mutex
	keys []string // all AuthTokens that the account has had, the present one last
}

func newNamespace(t *testing.T, api client.WithWatch) *namespace {
	t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "faults-"}}
	create(t, api, object)
	t.Cleanup(func() { _ = api.Delete(context.WithoutCancel(t.Context()), object) })
	n := &namespace{
		name: object.Name, api: api, account: v1alpha1.AccountReference{Name: account}, sid: "AC" + hex32(t), keys: []string{hex32(t)},
	}
	n.createAccount(t)
	return n
}

func (n *namespace) createAccount(t *testing.T) {
	t.Helper()
	create(t, n.api, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: n.name, Name: account, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: n.sid, v1alpha1.DefaultAuthTokenKey: n.key()},
	})
}

func hex32(t *testing.T) string {
	t.Helper()
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b[:])
}

func names(namespaces []*namespace) []string {
	var all []string
	for _, n := range namespaces {
		all = append(all, n.name)
	}
	return all
}

// key is the account's present AuthToken.
func (n *namespace) key() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.keys[len(n.keys)-1]
}

// rotate gives the account a new AuthToken.
func (n *namespace) rotate(t *testing.T) {
	t.Helper()
	fresh := hex32(t)
	n.learn(fresh)
	n.putKey(t, fresh)
}

// learn notes an AuthToken that the account will have next.
func (n *namespace) learn(fresh string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys = append(n.keys, fresh)
}

func (n *namespace) putKey(t *testing.T, fresh string) {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: n.name, Name: account}}
	change(t, n.api, secret, func() { secret.Data[v1alpha1.DefaultAuthTokenKey] = []byte(fresh) })
}

// read judges what a Secret holds, but for its expiry.
func (n *namespace) read(raw string, now time.Time) sighting {
	s := sighting{at: now, raw: raw}
	if s.token, s.err = capability.Parse(raw); s.err != nil {
		return s
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, key := range n.keys {
		if _, s.err = capability.Verify(raw, key, s.token.IssuedAt); s.err == nil {
			return s
		}
	}
	return s
}

// mint is a token for the capability as a manager would have issued it at the time.
func (n *namespace) mint(t *testing.T, c *v1alpha1.ClientCapability, issued time.Time) (string, capability.Token) {
	t.Helper()
	token := capability.Token{
		AccountSID: n.sid,
		Grant:      capability.Grant{ClientName: c.Spec.ClientName, Incoming: c.Spec.Incoming},
		IssuedAt:   issued.Truncate(time.Second).UTC(),
		ExpiresAt:  issued.Truncate(time.Second).UTC().Add(c.Spec.TTL.Value()),
	}
	raw, err := capability.Mint(token, n.key())
	if err != nil {
		t.Fatal(err)
	}
	return raw, token
}

func (n *namespace) at(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: n.name, Name: name}
}

// capability is a declaration that is not in the cluster yet.
func (n *namespace) capability(name, ttl string) *v1alpha1.ClientCapability {
	return &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.name, Name: name},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: n.account,
			ClientName: name, Incoming: true, TTL: v1alpha1.Duration(ttl),
		},
	}
}

func (n *namespace) declare(t *testing.T, name, ttl string) *v1alpha1.ClientCapability {
	t.Helper()
	c := n.capability(name, ttl)
	create(t, n.api, c)
	return c
}

// tokenSecret is the Secret as a manager would have written it at the time.
func (n *namespace) tokenSecret(t *testing.T, c *v1alpha1.ClientCapability, issued time.Time) (*corev1.Secret, capability.Token) {
	t.Helper()
	raw, token := n.mint(t, c, issued)
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: n.name, Name: c.Name,
			Annotations: map[string]string{v1alpha1.OwnerAnnotation: c.Name},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.Kind, Name: c.Name, UID: c.UID,
				Controller: new(true), BlockOwnerDeletion: new(false),
			}},
		},
		Type: v1alpha1.SecretType,
		Data: map[string][]byte{
			v1alpha1.DefaultTokenKey: []byte(raw),
			v1alpha1.ExpiresAtKey:    []byte(token.ExpiresAt.Format(time.RFC3339)),
		},
	}, token
}

// left leaves a capability behind as an earlier manager would have: with a token issued at the time, and a status that
// tells of it.
func (n *namespace) left(t *testing.T, name, ttl string, issued time.Time) *v1alpha1.ClientCapability {
	t.Helper()
	c := n.declare(t, name, ttl)
	secret, token := n.tokenSecret(t, c, issued)
	create(t, n.api, secret)
	renews := metav1.NewTime(token.ExpiresAt.Add(-c.Spec.TTL.Value() / 2))
	c.Status = v1alpha1.ClientCapabilityStatus{
		ObservedGeneration: c.Generation, SecretName: name, AccountSID: n.sid,
		Token: &v1alpha1.TokenStatus{
			IssuedAt: metav1.NewTime(token.IssuedAt), ExpiresAt: metav1.NewTime(token.ExpiresAt), RenewsAt: &renews, SignedBy: n.sid,
		},
		Conditions: []metav1.Condition{{
			Type: v1alpha1.ReadyCondition, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonTokenValid, Message: "left behind",
			ObservedGeneration: c.Generation, LastTransitionTime: metav1.NewTime(token.IssuedAt),
		}},
	}
	if err := n.api.Status().Update(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// many calls make with each number from 0 to n-1, several at a time.
func many(n int, do func(i int)) {
	var running sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i := range n {
		slots <- struct{}{}
		running.Go(func() { defer func() { <-slots }(); do(i) })
	}
	running.Wait()
}

func create(t *testing.T, api client.Client, object client.Object) {
	t.Helper()
	if err := api.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
