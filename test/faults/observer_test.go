//go:build faults

package faults_test

import (
	"context"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// judgeEvery is how often all that the Secrets hold is held against the clock.
const judgeEvery = 100 * time.Millisecond

// observer follows every version of every token Secret of some namespaces, past the proxy and with a watch of its own.
type observer struct {
	api        client.WithWatch
	namespaces map[string]*namespace

	mu      sync.Mutex
	secrets map[types.NamespacedName]*history
	// expired are the tokens that were found in a Secret after their end.
	expired []finding
}

// history is what one Secret held.
type history struct {
	tokens  []sighting // each different token, in order
	present bool
	gone    time.Time // when it was seen to be gone
	gaps    []time.Duration
	judged  string // the token that was found expired last
}

// sighting is one token, when it was first seen in its Secret.
type sighting struct {
	at    time.Time
	raw   string
	token capability.Token
	err   error // why it is no token of this account
}

// finding is a token that was in a Secret after its end.
type finding struct {
	secret  types.NamespacedName
	expired time.Time
	seen    time.Time
}

// observe starts an observer that works until the test ends.
func observe(t *testing.T, api client.WithWatch, namespaces ...*namespace) *observer {
	t.Helper()
	o := &observer{api: api, namespaces: map[string]*namespace{}, secrets: map[types.NamespacedName]*history{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	for _, n := range namespaces {
		o.namespaces[n.name] = n
		running.Go(func() { o.follow(ctx, n) })
	}
	running.Go(func() { o.judgeOften(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return o
}

func tokenSecrets(n *namespace) []client.ListOption {
	return []client.ListOption{client.InNamespace(n.name), client.MatchingFieldsSelector{
		Selector: fields.OneTermEqualSelector("type", string(v1alpha1.SecretType)),
	}}
}

// follow lists and watches, and starts over as soon as a watch ends: unlike a reflector it never backs off.
func (o *observer) follow(ctx context.Context, n *namespace) {
	for ctx.Err() == nil {
		o.followOnce(ctx, n)
		select {
		case <-ctx.Done():
		case <-time.After(judgeEvery):
		}
	}
}

func (o *observer) followOnce(ctx context.Context, n *namespace) {
	list := &corev1.SecretList{}
	if err := o.api.List(ctx, list, tokenSecrets(n)...); err != nil {
		return
	}
	present := map[string]bool{}
	for i := range list.Items {
		present[list.Items[i].Name] = true
		o.saw(&list.Items[i])
	}
	o.missing(n.name, present)
	watching, err := o.api.Watch(ctx, &corev1.SecretList{}, append(tokenSecrets(n),
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion}})...)
	if err != nil {
		return
	}
	defer watching.Stop()
	for event := range watching.ResultChan() {
		secret, ok := event.Object.(*corev1.Secret)
		if !ok {
			return
		}
		if event.Type == watch.Deleted {
			o.sawEnd(client.ObjectKeyFromObject(secret))
			continue
		}
		o.saw(secret)
	}
}

func (o *observer) of(key types.NamespacedName) *history {
	if o.secrets[key] == nil {
		o.secrets[key] = &history{}
	}
	return o.secrets[key]
}

func (o *observer) saw(secret *corev1.Secret) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := client.ObjectKeyFromObject(secret)
	h, now := o.of(key), time.Now()
	if !h.present && !h.gone.IsZero() {
		h.gaps = append(h.gaps, now.Sub(h.gone))
	}
	h.present = true
	raw := string(secret.Data[v1alpha1.DefaultTokenKey])
	if len(h.tokens) > 0 && h.tokens[len(h.tokens)-1].raw == raw {
		return
	}
	h.tokens = append(h.tokens, o.namespaces[key.Namespace].read(raw, now))
}

func (o *observer) sawEnd(key types.NamespacedName) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.of(key)
	if h.present {
		h.present, h.gone = false, time.Now()
	}
}

// missing notes the ends that came while no watch told of them.
func (o *observer) missing(namespace string, present map[string]bool) {
	var gone []types.NamespacedName
	o.mu.Lock()
	for key, h := range o.secrets {
		if key.Namespace == namespace && h.present && !present[key.Name] {
			gone = append(gone, key)
		}
	}
	o.mu.Unlock()
	for _, key := range gone {
		o.sawEnd(key)
	}
}

func (o *observer) judgeOften(ctx context.Context) {
	ticker := time.NewTicker(judgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for key, suspect := range o.suspects(time.Now()) {
			o.confirm(ctx, key, suspect)
		}
	}
}

// suspects are Secrets whose token has come to its end, as far as the watch has brought it.
func (o *observer) suspects(now time.Time) map[types.NamespacedName]sighting {
	o.mu.Lock()
	defer o.mu.Unlock()
	suspects := map[types.NamespacedName]sighting{}
	for key, h := range o.secrets {
		if !h.present || len(h.tokens) == 0 {
			continue
		}
		last := h.tokens[len(h.tokens)-1]
		if last.err == nil && !now.Before(last.token.ExpiresAt) && h.judged != last.raw {
			suspects[key] = last
		}
	}
	return suspects
}

// confirm reads the Secret, because the watch may be what is late. The read began after the token's end, so a token
// that it finds is there too long.
func (o *observer) confirm(ctx context.Context, key types.NamespacedName, suspect sighting) {
	began := time.Now()
	secret := &corev1.Secret{}
	err := o.api.Get(ctx, key, secret)
	if client.IgnoreNotFound(err) != nil {
		return // asked again at the next tick
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of(key).judged = suspect.raw
	if err == nil && string(secret.Data[v1alpha1.DefaultTokenKey]) == suspect.raw {
		o.expired = append(o.expired, finding{secret: key, expired: suspect.token.ExpiresAt, seen: began})
	}
}
