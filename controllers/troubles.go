package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/issuance"
)

// patience is how many stale passes in a row are put up with before the cache
// is no longer waited for. After an outage of the API server a watch can take
// half a minute to come back, which is longer than a short token lives.
const patience = 2

// trouble is what is remembered of an object that is not simply renewed.
type trouble struct {
	// failing is when the failing for this reason began; none while nothing fails.
	failing    moment
	failingFor string
	// untold is why a token was minted that no event has told of yet.
	untold issuance.Cause
	// gone is the Secret that was removed and no event has told of yet.
	gone string
	// stale counts passes, one after the other, that were decided on what had
	// changed since.
	stale int
	// repairs paces the mending of a Secret that others change.
	repairs issuance.Repairs
}

// troubles are those of the object; without any where there are none.
func (o *remembered) troubles() trouble {
	if o.trouble == nil {
		return trouble{}
	}
	return *o.trouble
}

// inTrouble changes the object's troubles, and lets go of what has become nothing.
func (o *remembered) inTrouble(change func(*trouble)) {
	now := o.troubles()
	change(&now)
	if o.trouble = nil; now != (trouble{}) {
		o.trouble = &now
	}
}

// failingSince notes a failure at now and returns when the failing for this
// reason began: another reason starts anew, with waits that are short again.
func (m *memory) failingSince(key types.NamespacedName, reason string, now time.Time) time.Time {
	since := now
	m.update(key, func(o *remembered) {
		o.inTrouble(func(t *trouble) {
			if t.failing == 0 || t.failingFor != reason || t.failing > momentOf(now) { // the clock was set back
				t.failing, t.failingFor = momentOf(now), reason
				return
			}
			since = t.failing.time()
		})
	})
	return since
}

// lagging reports whether the cache has been behind for so long that it is
// better to read past it.
func (m *memory) lagging(key types.NamespacedName) bool {
	return m.troubles(key).stale >= patience
}

func (m *memory) troubles(key types.NamespacedName) trouble {
	o := m.get(key)
	return o.troubles()
}

func (m *memory) inTrouble(key types.NamespacedName, change func(*trouble)) {
	m.update(key, func(o *remembered) { o.inTrouble(change) })
}

// decidedOn notes whether the pass was decided on stale facts.
func (m *memory) decidedOn(key types.NamespacedName, stale bool) {
	if stale {
		m.inTrouble(key, func(t *trouble) { t.stale++ })
	} else if m.troubles(key).stale > 0 {
		m.inTrouble(key, func(t *trouble) { t.stale = 0 })
	}
}

func (m *memory) succeeded(key types.NamespacedName) {
	if m.troubles(key).failing != 0 {
		m.inTrouble(key, func(t *trouble) { t.failing, t.failingFor = 0, "" })
	}
}

// minted notes a token of which an event is to tell: renewals are routine.
func (m *memory) minted(key types.NamespacedName, cause issuance.Cause) {
	if cause != issuance.CauseRenewal {
		m.inTrouble(key, func(t *trouble) { t.untold = cause })
	}
}

// tell returns, once, why a token was minted that no event has told of.
func (m *memory) tell(key types.NamespacedName) issuance.Cause {
	untold := m.troubles(key).untold
	if untold != "" {
		m.inTrouble(key, func(t *trouble) { t.untold = "" })
	}
	return untold
}

// removed notes a Secret of whose removal an event is to tell.
func (m *memory) removed(key types.NamespacedName, name string) {
	m.inTrouble(key, func(t *trouble) { t.gone = name })
}

// tellRemoved returns, once, the Secret that was removed.
func (m *memory) tellRemoved(key types.NamespacedName) string {
	gone := m.troubles(key).gone
	if gone != "" {
		m.inTrouble(key, func(t *trouble) { t.gone = "" })
	}
	return gone
}

func (m *memory) mayRepair(key types.NamespacedName, now time.Time) bool {
	return m.troubles(key).repairs.Allowed(now)
}

func (m *memory) repaired(key types.NamespacedName, now time.Time) {
	m.inTrouble(key, func(t *trouble) { t.repairs = t.repairs.Made(now) })
}
