package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/issuance"
)

// patience is how many stale passes in a row are put up with before the cache
// is no longer waited for. After an outage of the API server a watch can take
// half a minute to come back, which is longer than a short token lives.
const patience = 2

// memory is what the reconciler remembers of each object between two passes.
// All of it only saves work or spaces retries: a process that starts with none
// comes to the same Secrets.
type memory struct {
	mu      sync.Mutex
	objects map[types.NamespacedName]remembered
}

type remembered struct {
	// secret and status are digests of what was last written, or was about to
	// be; the watch event that brings exactly that back is no news.
	secret, status uint64
	// failing is when the failing began; zero while nothing fails.
	failing time.Time
	// stale counts passes, one after the other, that were decided on what had
	// changed since.
	stale int
	// repairs paces the mending of a Secret that others change.
	repairs issuance.Repairs
}

func (m *memory) update(key types.NamespacedName, change func(*remembered)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects == nil {
		m.objects = map[types.NamespacedName]remembered{}
	}
	object := m.objects[key]
	change(&object)
	m.objects[key] = object
}

func (m *memory) get(key types.NamespacedName) remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.objects[key]
}

func (m *memory) forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
}

// expectSecret must come before the write: its event may be faster than its answer.
func (m *memory) expectSecret(key types.NamespacedName, digest uint64) {
	m.update(key, func(o *remembered) { o.secret = digest })
}

// expectStatus must come before the write, as for a Secret.
func (m *memory) expectStatus(key types.NamespacedName, digest uint64) {
	m.update(key, func(o *remembered) { o.status = digest })
}

// failingSince notes a failure at now and returns when the failing began.
func (m *memory) failingSince(key types.NamespacedName, now time.Time) time.Time {
	m.update(key, func(o *remembered) {
		if o.failing.IsZero() || o.failing.After(now) { // the clock was set back
			o.failing = now
		}
		now = o.failing
	})
	return now
}

// lagging reports whether the cache has been behind for so long that it is
// better to read past it.
func (m *memory) lagging(key types.NamespacedName) bool { return m.get(key).stale >= patience }

// decidedOn notes whether the pass was decided on stale facts.
func (m *memory) decidedOn(key types.NamespacedName, stale bool) {
	if stale {
		m.update(key, func(o *remembered) { o.stale++ })
	} else if m.get(key).stale > 0 {
		m.update(key, func(o *remembered) { o.stale = 0 })
	}
}

func (m *memory) succeeded(key types.NamespacedName) {
	if !m.get(key).failing.IsZero() {
		m.update(key, func(o *remembered) { o.failing = time.Time{} })
	}
}

func (m *memory) mayRepair(key types.NamespacedName, now time.Time) bool {
	return m.get(key).repairs.Allowed(now)
}

func (m *memory) repaired(key types.NamespacedName, now time.Time) {
	m.update(key, func(o *remembered) { o.repairs = o.repairs.Made(now) })
}
