package issuance_test

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/issuance"
)

// The judge's part that looks at single decisions.

// judgeVerdict looks at a verdict on what the manager sees of base.
func (w *world) judgeVerdict(o *object, seen view, f issuance.Facts, v issuance.Verdict) {
	base := seen.secret
	switch v.Action {
	case issuance.Keep:
		switch {
		case base.token == nil:
			w.violated(o, wrong, "a token is kept that nobody wanted")
		case !v.RenewAt.After(f.Now):
			w.violated(o, late, "a token is kept beyond its renewal")
		default:
			w.judgePlan(o, seen.decl, base.token, v.RenewAt)
		}
	case issuance.Mint:
		if seen.decl.object.Spec.Suspend || !seen.decl.valid || !o.account.seen.usable || base.foreign || base.facts.Immutable {
			w.violated(o, forbidden, "a token is to be minted (%s) against the facts", v.Cause)
		}
		if v.Cause == issuance.CauseRenewal || v.Cause == issuance.CauseTokenExpired {
			w.judgeRenewal(o, seen)
		}
	case issuance.Refuse:
	}
}

// judgeRenewal checks that a renewal comes no later than planned, where nothing
// is in its way: at most by the shortest wait after the pass before it.
func (w *world) judgeRenewal(o *object, seen view) {
	base := seen.secret
	if !o.promised || w.unseen(o) || base.version != o.truthSecret.version || base.token == nil {
		return
	}
	latest := w.moment(base.token.expires.Add(-renewBeforeOf(seen.decl.object)))
	if allowed := max(latest, o.excuse, o.slept+250*time.Millisecond); w.now > allowed {
		w.violated(o, late, "renewed %s after the latest time planned, %s after the latest allowed", w.now-latest, w.now-allowed)
	}
	if o.excuse < latest {
		w.report.undisturbed++
		w.report.lateness = max(w.report.lateness, w.now-latest)
	}
}

// plan is all that the time of a renewal may depend on.
type plan struct {
	token       *token
	uid         types.UID
	renewBefore time.Duration
}

// judgePlan checks a planned renewal: up to a tenth of the waiting time ahead
// of the latest time, at least a second after the issue, and never drawn anew.
func (w *world) judgePlan(o *object, d *declaration, t *token, due time.Time) {
	p := plan{token: t, uid: d.object.UID, renewBefore: renewBeforeOf(d.object)}
	latest := t.expires.Add(-p.renewBefore)
	term := latest.Sub(t.issued)
	switch {
	case due.After(latest):
		w.violated(o, late, "the renewal is planned %s after the latest time", due.Sub(latest))
	case due.Before(earliestOf(t, p.renewBefore)):
		w.violated(o, jitter, "the renewal is planned %s ahead of the latest time, of a waiting time of %s", latest.Sub(due), term)
	case o.plannedFor == p && !o.planned.Equal(due):
		w.violated(o, jitter, "the renewal was planned for another time before, by %s", due.Sub(o.planned))
	}
	o.plannedFor, o.planned = p, due
	if term >= time.Minute {
		w.report.ahead.add(float64(latest.Sub(due)) / float64(term))
	}
}

// earliestOf is the earliest time at which the token may be renewed in routine.
func earliestOf(t *token, renewBefore time.Duration) time.Time {
	term := t.expires.Add(-renewBefore).Sub(t.issued)
	return t.issued.Add(max(term-term/10, min(term, time.Second)))
}

// retried is what a wait after a failure was asked for with.
type retried struct {
	fault               *issuance.Fault
	now, since, expires time.Time
}

// longest is the longest that the design allows to wait.
func (r retried) longest() time.Duration {
	limit := time.Minute
	switch {
	case r.fault != nil && r.fault.Watched:
		limit = 10 * time.Minute
	case r.fault != nil:
		limit = 10 * time.Second
	}
	left, failing := r.expires.Sub(r.now), r.now.Sub(r.since)
	switch {
	case left > 0 && r.fault != nil && r.fault.Watched:
		limit = min(limit, left)
	case left > 0:
		limit = min(limit, left/10, max(time.Second, failing))
	case r.expires.After(r.since):
		limit = min(limit, max(time.Second, -left))
	default:
		limit = min(limit, max(time.Second, failing))
	}
	return max(limit, 250*time.Millisecond)
}

func (w *world) judgeRetry(o *object, r retried, wait time.Duration) {
	if longest := r.longest(); wait > longest {
		w.violated(o, backoff, "a failure is retried after %s, not within %s", wait, longest)
	}
}

// judgeMint looks at a token as it takes the place of another.
func (w *world) judgeMint(o *object, r request, cause issuance.Cause) {
	w.report.minted[cause]++
	replaced := o.truthSecret.token
	if o.minted && r.basis == o.last && (replaced == nil || r.at.Before(earliestOf(replaced, renewBeforeOf(r.decl.object)))) {
		w.violated(o, twice, "minted again (%s) for one cause", cause)
	}
	o.last, o.minted = r.basis, true
}
