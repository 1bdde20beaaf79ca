package controllers

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// overdue is how late a pass is before it is worth a look whether others should
// have gone first.
const overdue = time.Second

// memory is what the reconciler remembers of each object between two passes.
// All of it only saves work or spaces retries: a process that starts with none
// comes to the same Secrets.
type memory struct {
	mu      sync.Mutex
	objects map[types.NamespacedName]remembered
}

// remembered is kept small: there is one for each object. Times are moments for
// that reason, and what is mostly nothing stands behind a pointer.
type remembered struct {
	// secret and status are digests of what was last written, or was about to
	// be; the watch event that brings exactly that back is no news. That of a
	// Secret holds for one event: who puts the same back later is heard.
	secret, status uint64
	// name and version are those of the Secret as it was last written, and
	// statusVersion is that of the object whose status was.
	name, version, statusVersion string
	// issued and renewAt are those of the token that was written last.
	issued, renewAt moment
	// expiry is that of the token that the Secret held last; none where it held
	// none for the declaration.
	expiry moment
	// until is when the next pass was planned, and tier that with which it waits.
	until moment
	tier  int
	// expired is the expiry of the token that was last counted as expired.
	expired moment
	// trouble is nil while there is none.
	trouble *trouble
}

// moment is a time in nanoseconds since 1970, a third of the size; 0 for none.
type moment int64

func momentOf(t time.Time) moment {
	if t.IsZero() {
		return 0
	}
	return moment(t.UnixNano())
}

func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
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

// noExpectation follows a write that reported failure: whatever the watch
// brings is news from now on. It reports whether the watch has brought the
// write already: then it took effect, and only its answer was lost.
func (m *memory) noExpectation(key types.NamespacedName) (tookEffect bool) {
	m.update(key, func(o *remembered) { tookEffect, o.secret = o.secret == 0, 0 })
	return tookEffect
}

// isEcho reports, once, whether a Secret of this digest is what was written.
func (m *memory) isEcho(key types.NamespacedName, digest uint64) bool {
	if m.get(key).secret != digest {
		return false
	}
	m.update(key, func(o *remembered) { o.secret = 0 })
	return true
}

// wroteSecret notes the Secret as the API server has it after a write.
func (m *memory) wroteSecret(key types.NamespacedName, secret metav1.Object) {
	name := secret.GetName()
	if name == key.Name {
		name = key.Name // the same text, held once
	}
	m.update(key, func(o *remembered) { o.name, o.version = name, secret.GetResourceVersion() })
}

// isOutdated reports whether a Secret was read that is older than the one that
// was written last: the cache has not seen that write yet.
func (m *memory) isOutdated(key types.NamespacedName, secret *corev1.Secret) bool {
	last := m.get(key)
	return last.name == secret.Name && precedes(secret.ResourceVersion, last.version)
}

// wroteStatus notes the version that the object has had since its status was
// written.
func (m *memory) wroteStatus(key types.NamespacedName, version string) {
	m.update(key, func(o *remembered) { o.statusVersion = version })
}

// precedesStatus reports whether the object was read from before its status was
// written last. Who took that status for the present one could find that there
// is nothing to write, and would not hear of the other: that is an echo.
func (m *memory) precedesStatus(key types.NamespacedName, version string) bool {
	return precedes(version, m.get(key).statusVersion)
}

func precedes(version, other string) bool {
	order, err := resourceversion.CompareResourceVersion(version, other)
	return err == nil && order < 0
}

// expectStatus must come before the write, as for a Secret.
func (m *memory) expectStatus(key types.NamespacedName, digest uint64) {
	m.update(key, func(o *remembered) { o.status = digest })
}

func (m *memory) wrote(key types.NamespacedName, issued, renewAt time.Time) {
	m.update(key, func(o *remembered) { o.issued, o.renewAt = momentOf(issued), momentOf(renewAt) })
}

// waits notes when the token expires that the Secret holds now, and with which
// tier the object waits for its next pass, and until when.
func (m *memory) waits(key types.NamespacedName, expiry, until time.Time, tier int) {
	m.update(key, func(o *remembered) { o.expiry, o.until, o.tier = momentOf(expiry), momentOf(until), tier })
}

// overtaken are the objects whose pass is overdue and whose token has come so near
// to its end meanwhile that they wait in too low a tier, each with the tier that it
// should have. What fails has times of its own.
func (m *memory) overtaken(now time.Time) map[types.NamespacedName]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	raised := map[types.NamespacedName]int{}
	for key, o := range m.objects {
		if o.troubles().failing != 0 || now.Sub(o.until.time()) < overdue || momentOf(now) >= o.expiry {
			continue
		}
		if tier := urgency(o.expiry.time().Sub(now)); tier > o.tier {
			raised[key], o.tier = tier, tier
			m.objects[key] = o
		}
	}
	return raised
}

// firstExpired reports whether the expiry of this token was not counted yet,
// and notes that it is now.
func (m *memory) firstExpired(key types.NamespacedName, expiry time.Time) bool {
	if m.get(key).expired == momentOf(expiry) {
		return false
	}
	m.update(key, func(o *remembered) { o.expired = momentOf(expiry) })
	return true
}
