//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	// crowdTTL, with the default renewBefore of half of it: a renewal every 30 s, or up to a tenth sooner.
	crowdTTL   = time.Minute
	crowdEvery = 30 * time.Second
	// crowdEarliest is a tenth sooner, and times in tokens are whole seconds.
	crowdEarliest = crowdEvery - crowdEvery/10 - time.Second
)

// watched are many Secrets whose tokens are renewed all the time, and what became of each.
type watched struct {
	stage  *stage
	mu     sync.Mutex
	last   map[string]*corev1.Secret
	wrong  []string
	writes int
	// shortest is the least that a token had left to live when the next one took its place.
	shortest time.Duration
}

// gather declares so many, and returns when each has its token and is watched.
func (s *stage) gather(many int) *watched {
	s.t.Helper()
	for i := range many {
		s.declare(fmt.Sprintf("agent-%03d", i), "1m")
	}
	w := &watched{stage: s, last: map[string]*corev1.Secret{}, shortest: crowdTTL}
	secrets := cache.NewListWatchFromClient(core.CoreV1().RESTClient(), "secrets", s.namespace,
		fields.OneTermEqualSelector("type", v1alpha1.SecretType))
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: secrets, ObjectType: &corev1.Secret{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(now any) { w.see(now.(*corev1.Secret)) },
			UpdateFunc: func(_, now any) { w.see(now.(*corev1.Secret)) },
			DeleteFunc: func(any) { w.complain("a Secret was deleted") },
		},
	})
	ctx, stop := context.WithCancel(s.t.Context())
	s.t.Cleanup(stop)
	go informer.RunWithContext(ctx)
	await(s.t, time.Minute, fmt.Sprintf("%d objects have their token", many), func(context.Context) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.last) < many {
			return fmt.Errorf("%d have", len(w.last))
		}
		return nil
	})
	return w
}

// see compares a Secret with what it was before.
func (w *watched) see(now *corev1.Secret) {
	if now.Name == "tommy" || now.Name == "orphan" {
		return
	}
	seen := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.last[now.Name]
	w.last[now.Name] = now
	if before == nil || before.ResourceVersion == now.ResourceVersion {
		return
	}
	w.writes++
	left := expiryOf(before).Sub(seen)
	w.shortest = min(w.shortest, left)
	switch after := expiryOf(now).Sub(expiryOf(before)); {
	case left <= 0:
		w.wrong = append(w.wrong, fmt.Sprintf("%s held an expired token for %s", now.Name, -left))
	case bytes.Equal(now.Data[v1alpha1.DefaultTokenKey], before.Data[v1alpha1.DefaultTokenKey]):
		w.wrong = append(w.wrong, now.Name+" was written with the token that it had")
	case after < crowdEarliest:
		w.wrong = append(w.wrong, fmt.Sprintf("%s was renewed %s after it was issued, which was not due", now.Name, after))
	}
}

func (w *watched) complain(of string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, of)
}

func expiryOf(secret *corev1.Secret) time.Time {
	at, _ := time.Parse(time.RFC3339, string(secret.Data[v1alpha1.ExpiresAtKey])) // else the zero time, which is past
	return at
}

// awaitRenewalOfAll waits until each has been renewed once more.
func (w *watched) awaitRenewalOfAll(when string) {
	t := w.stage.t
	t.Helper()
	begin := map[string]string{}
	w.mu.Lock()
	for name, secret := range w.last {
		begin[name] = secret.ResourceVersion
	}
	w.mu.Unlock()
	await(t, 2*crowdTTL, "each has been renewed "+when, func(context.Context) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		left := 0
		for name, version := range begin {
			if w.last[name].ResourceVersion == version {
				left++
			}
		}
		if left > 0 {
			return fmt.Errorf("%d have not", left)
		}
		return nil
	})
}

// check fails for each token that expired, and each write that was not due.
func (w *watched) check() {
	t := w.stage.t
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, secret := range w.last {
		if !expiryOf(secret).After(time.Now()) {
			t.Errorf("%s holds an expired token", name)
		}
	}
	for _, wrong := range w.wrong {
		t.Error(wrong)
	}
	results.figure("Helm: meanwhile %d writes of Secrets, %d of them wrong; the shortest life left in a Secret was %s",
		w.writes, len(w.wrong), w.shortest.Round(pollInterval))
}

// tokens are the token Secrets that are there.
func (s *stage) tokens() []corev1.Secret {
	s.t.Helper()
	list, err := core.CoreV1().Secrets(s.namespace).List(s.t.Context(), metav1.ListOptions{FieldSelector: "type=" + v1alpha1.SecretType})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

// orphan is a Secret whose owner is not there.
func orphan(namespace string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: "orphan",
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "ClientCapability", Name: "nobody", UID: types.UID("00000000-0000-4000-8000-000000000000"),
		}},
	}}
}
