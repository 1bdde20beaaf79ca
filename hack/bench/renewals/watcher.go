package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// sighting is a token that came to be in a Secret.
type sighting struct {
	name  string
	at    time.Time // when the bench heard of it, which is a little after it was written
	token capability.Token
}

// watcher sees each token as a consumer does that watches its Secret.
type watcher struct {
	api     client.WithWatch
	version string // of what was heard last
	cancel  context.CancelFunc
	over    chan struct{}

	mu   sync.Mutex
	seen []event
	err  error
}

// event is a sighting that was not read yet: nothing must hold the watch up.
type event struct {
	name, raw string
	at        time.Time
}

// watchTokens watches from now on, until end.
func (s *stage) watchTokens(ctx context.Context) (*watcher, error) {
	list := &corev1.SecretList{}
	if err := s.Admin.List(ctx, list, client.InNamespace(tenant), client.Limit(1)); err != nil {
		return nil, fmt.Errorf("finding out what to watch from: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{api: s.Admin, version: list.ResourceVersion, cancel: cancel, over: make(chan struct{})}
	go func() {
		defer close(w.over)
		// An API server that has too much to do drops a watch; it is taken up where it ended.
		for ctx.Err() == nil {
			if err := w.follow(ctx); err != nil && ctx.Err() == nil {
				w.fail(err)
				return
			}
		}
	}()
	return w, nil
}

// follow returns when the watch ends, which is no error.
func (w *watcher) follow(ctx context.Context) error {
	changes, err := w.api.Watch(ctx, &corev1.SecretList{}, &client.ListOptions{
		Namespace:     tenant,
		FieldSelector: tokenSecrets.Selector,
		Raw:           &metav1.ListOptions{ResourceVersion: w.version},
	})
	if err != nil {
		return fmt.Errorf("watching the tokens: %w", err)
	}
	defer changes.Stop()
	for change := range changes.ResultChan() {
		secret, ok := change.Object.(*corev1.Secret)
		switch {
		case change.Type == watch.Error:
			return fmt.Errorf("watching the tokens: %w", apierrors.FromObject(change.Object))
		case !ok || change.Type == watch.Deleted:
			return fmt.Errorf("the watch of the tokens brought what nobody did: %s", change.Type)
		}
		w.version = secret.ResourceVersion
		w.note(event{name: secret.Name, raw: string(secret.Data[v1alpha1.DefaultTokenKey]), at: time.Now()})
	}
	return nil
}

func (w *watcher) note(e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, e)
}

func (w *watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// end is all that was seen, in the order in which it was written.
func (w *watcher) end() ([]sighting, error) {
	w.cancel()
	<-w.over
	if w.err != nil {
		return nil, w.err
	}
	sightings := make([]sighting, 0, len(w.seen))
	for _, e := range w.seen {
		token, err := capability.Parse(e.raw)
		if err != nil {
			return nil, fmt.Errorf("a Secret holds no token: %w", err)
		}
		sightings = append(sightings, sighting{name: e.name, at: e.at, token: token})
	}
	return sightings, nil
}

// firstOf is when each Secret was first seen; it tells whether the watch goes on.
func (w *watcher) firstOf() (map[string]time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := map[string]time.Time{}
	for _, e := range w.seen {
		if _, ok := first[e.name]; !ok {
			first[e.name] = e.at
		}
	}
	return first, w.err
}
