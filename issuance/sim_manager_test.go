package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// The manager: wake-up, gather, decide, perhaps write, next wake-up.

// startManager begins with empty memory and a cache that has just been filled.
func (w *world) startManager() {
	if w.down > 0 { // it can't fill its cache; it starts when the API server does
		w.starting = true
		return
	}
	w.settleAll()
	w.starting, w.manager = false, true
	w.noteAll("start")
	w.incarnation++
	for _, a := range w.accounts {
		a.seen = a.truth
	}
	for _, o := range w.objects {
		o.seenDecl, o.seenSecret = o.truthDecl, visible(o.truthSecret)
		o.failing, o.pending, o.kept, o.wrote, o.expires = time.Time{}, "", "", 0, time.Time{}
		o.inFlight, o.dirty, o.hung, o.stale = false, false, false, 0
	}
	w.rejudgeAll()
	for _, o := range w.objects {
		w.extend(o, reaction, 0)
		w.process(o)
	}
}

// stopManager is a kill: what was under way gets no answer any more.
func (w *world) stopManager() {
	w.noteAll("stop")
	w.settleAll()
	w.manager = false
	w.incarnation++
	for _, o := range w.objects {
		o.timer++
		o.asleep = false
	}
	w.rejudgeAll()
}

// visible is what the manager's cache shows of a Secret: it holds Secrets of
// the operator's type alone.
func visible(s *secret) *secret {
	if !s.foreign {
		return s
	}
	return &secret{version: s.version, gone: true, edits: s.edits}
}

// wake has the object looked at, at once or as soon as the present pass ends.
func (w *world) wake(o *object) {
	switch {
	case !w.manager || o.seenDecl == nil:
	case o.inFlight:
		o.dirty = true
	default:
		w.process(o)
	}
}

// view is what a pass sees: the cache's snapshots, or the API server's.
type view struct {
	decl   *declaration
	secret *secret
}

// process is one pass up to its call to the API server, if it makes one.
func (w *world) process(o *object) {
	o.timer++
	o.asleep = false
	w.report.passes++
	v, ok := w.gather(o)
	if !ok {
		return
	}
	facts := issuance.Facts{
		Capability:      v.decl.object,
		Account:         o.account.seen.facts,
		Secret:          secretFacts(v.secret, v.decl),
		AllowedPrefixes: []string{prefix},
		Now:             w.wall(),
		ServerTime:      w.wall().Truncate(time.Second),
	}
	verdict := w.decide(facts)
	w.note(o, "%s %s, on version %d of %d", verdict.Action, verdict.Cause, v.secret.version, o.truthSecret.version)
	w.judgeVerdict(o, v, facts, verdict)
	switch verdict.Action {
	case issuance.Keep:
		o.taken, o.failing, o.stale = false, time.Time{}, 0
		w.sleep(o, w.wait(w.wall(), verdict.RenewAt))
	case issuance.Mint:
		w.write(o, v, verdict)
	case issuance.Refuse:
		o.taken, o.stale = verdict.Fault.Reason == v1alpha1.ReasonSecretNotOwned, 0
		w.failed(o, verdict.Fault, heldUntil(verdict))
	}
}

// gather reads the cache, and past it where the cache is known to lag or can't
// show what has the name. Not ok ends the pass.
func (w *world) gather(o *object) (v view, ok bool) {
	v = view{decl: o.seenDecl, secret: o.seenSecret}
	lags := o.stale >= patience
	switch {
	case v.secret.version < o.wrote && !lags && !w.omit.ownWrites: // the cache is older than the last write
		w.report.behind++
		w.retryStale(o)
		return v, false
	case !lags && !(v.secret.gone && o.taken):
		return v, true
	case w.down > 0 || w.flaky > 0 && w.chance(0.2):
		w.extendForRetry(o, time.Minute)
		w.unread(o)
		return v, false
	case lags:
		v.decl = o.truthDecl
	}
	v.secret = o.truthSecret
	return v, true
}

// unread is for a pass that could not read what it is about. The token may be
// the one that was written last, or the one in the cache, or none.
func (w *world) unread(o *object) {
	now := w.wall()
	since := o.failingSince(v1alpha1.ReasonWriteFailed, now)
	wait := w.retry(nil, now, since, time.Time{})
	if !w.omit.remainingLife {
		wait = min(wait, w.retry(nil, now, since, o.expires))
		if t := o.seenSecret.token; t != nil {
			wait = min(wait, w.retry(nil, now, since, t.expires))
		}
	}
	w.sleep(o, wait)
}

// retryStale gives the watch a moment to bring what a pass was too early for.
func (w *world) retryStale(o *object) {
	if o.stale == 0 {
		w.extend(o, patience*(staleWait+maxCall)+maxCall, 0)
	}
	o.stale++
	w.sleep(o, staleWait)
}

func secretFacts(s *secret, d *declaration) *issuance.Secret {
	if s.gone {
		return nil
	}
	facts := s.facts
	if s.key != d.object.TokenKey() {
		facts.Token = ""
	}
	return &facts
}

func heldUntil(v issuance.Verdict) time.Time {
	if v.Held == nil {
		return time.Time{}
	}
	return v.Held.ExpiresAt
}

// failed spaces the next try, of a call that failed or of a fault.
func (w *world) failed(o *object, fault *issuance.Fault, expires time.Time) {
	now, reason := w.wall(), v1alpha1.ReasonWriteFailed
	if fault != nil {
		reason = fault.Reason
	}
	since := o.failingSince(reason, now)
	wait := w.retry(fault, now, since, expires)
	w.judgeRetry(o, retried{fault: fault, now: now, since: since, expires: expires}, wait)
	w.sleep(o, wait)
}

// failingSince is when the failing for this reason began: another reason starts
// anew, and so does a clock that was set back.
func (o *object) failingSince(reason string, now time.Time) time.Time {
	if o.failing.IsZero() || o.failingFor != reason || o.failing.After(now) {
		o.failing, o.failingFor = now, reason
	}
	return o.failing
}

// sleep ends a pass. As in a real queue, a wait of nothing is no wake-up at all.
func (w *world) sleep(o *object, wait time.Duration) {
	if o.dirty {
		o.dirty = false
		w.process(o)
		return
	}
	o.slept = w.now
	w.note(o, "sleep %s", wait)
	switch {
	case wait <= 0:
		w.violated(o, noWakeUp, "a pass ended without a next time (%s)", wait)
		return
	case wait < 250*time.Millisecond:
		w.violated(o, hotLoop, "a pass ended with a wait of %s", wait)
		wait = 250 * time.Millisecond // lest the run never end
	}
	o.asleep, o.wakesAt = true, w.now+wait
	timer := o.timer
	w.agenda.note(o.wakesAt, func() {
		if timer == o.timer {
			w.process(o)
		}
	})
}
