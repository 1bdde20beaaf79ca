package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// answer is what a write comes to, as the manager learns it.
type answer int

const (
	written   answer = iota
	stale            // what was decided on has changed since
	nameTaken        // another's Secret has the name
	refused          // by admission or a quota: for a user to mend
	failed           // with an error, before or after it took effect
	timedOut         // likewise, and the error takes its time
)

// serve is the API server's part of a write.
func (w *world) serve(o *object, r *request, cause issuance.Cause) answer {
	if w.down > 0 {
		return failed
	}
	there := o.truthSecret
	creates := r.base.gone
	switch {
	case w.denied > 0 || creates && w.full > 0:
		return refused
	case creates && r.decl.object.Generation != o.truthDecl.object.Generation:
		return stale // one look past the cache comes before a creation
	case creates && there.foreign:
		return nameTaken
	case creates && !there.gone, !creates && there.gone:
		return stale
	case !creates && there.version != r.base.version && !w.omit.preconditions:
		return stale
	}
	loses := w.flaky > 0 && w.chance(0.3)
	if loses && w.chance(0.5) {
		return w.failure()
	}
	w.effect(o, r, cause)
	if w.loseAnswer {
		w.loseAnswer = false
		w.report.lost++
		return timedOut
	}
	if loses {
		w.report.lost++
		return w.failure()
	}
	return written
}

func (w *world) failure() answer {
	if w.chance(0.2) {
		return timedOut
	}
	return failed
}

// effect puts a token that the manager made into the Secret.
func (w *world) effect(o *object, r *request, cause issuance.Cause) {
	w.note(o, "effect %s, right=%v", cause, w.right(o))
	w.settle(o)
	w.judgeMint(o, *r, cause)
	next := &secret{
		version: w.nextVersion(),
		facts:   issuance.Secret{Ours: true, Token: r.raw, AnsweredRenewRequest: r.answered},
		key:     r.decl.object.TokenKey(),
		token:   r.token,
		edits:   o.truthSecret.edits,
		labels:  r.base.labels,

		byManager: true,
	}
	r.version = next.version
	w.store(o, next)
	w.rejudge(o)
}

// store makes the snapshot the present one and tells the manager of it.
func (w *world) store(o *object, s *secret) {
	o.truthSecret = s
	if s.foreign {
		return // of a type that is not watched
	}
	w.notify(func() {
		if s.version <= o.seenSecret.version {
			return
		}
		o.seenSecret = s
		w.note(o, "event of version %d", s.version)
		if w.isOwnWrite(o, s) {
			w.report.dropped++
			return
		}
		w.wake(o)
	})
}

// isOwnWrite reports whether an event only brings back what the manager wrote
// last. What comes after that is somebody else's, even if it looks the same.
func (w *world) isOwnWrite(o *object, s *secret) bool {
	digest := s.digest()
	own := digest == o.pending || w.omit.laterEvents && digest == o.kept || w.omit.otherEvents
	o.pending = ""
	return own && !s.gone
}

// notify delivers to the manager's cache, a while after the change. Snapshots
// have versions, so it does no harm that one may overtake another.
func (w *world) notify(deliver func()) {
	incarnation := w.incarnation
	w.after(w.upTo(maxLag), func() {
		switch {
		case !w.manager || incarnation != w.incarnation: // whoever starts reads everything anew
		case w.cut > 0 || w.down > 0:
			w.withheld = append(w.withheld, deliver)
		default:
			deliver()
		}
	})
}

// resume delivers what was withheld, once the watches run again.
func (w *world) resume() {
	if w.cut > 0 || w.down > 0 {
		return
	}
	withheld := w.withheld
	w.withheld = nil
	for _, deliver := range withheld {
		w.notify(deliver)
	}
}

// edit is what somebody else does to the Secret. It counts as an edit of the
// token unless it leaves that alone.
func (w *world) edit(o *object, change func(*secret)) {
	w.settle(o)
	next := *o.truthSecret
	next.version = w.nextVersion()
	next.edits++
	next.byManager = false
	change(&next)
	w.store(o, &next)
	w.rejudge(o)
	w.extend(o, reaction, 0)
	w.note(o, "edit gone=%v foreign=%v imm=%v v=%d", next.gone, next.foreign, next.facts.Immutable, next.version)
}

// redeclare is what somebody else does to the object.
func (w *world) redeclare(o *object, change func(*declaration)) {
	w.settle(o)
	next := w.declare(o.truthDecl, o.truthDecl.object.DeepCopy())
	next.object.Generation++
	change(next)
	next.meaning = meaningOf(next.object)
	o.truthDecl = next
	w.notifyOf(o, next)
	w.rejudge(o)
	w.extend(o, reaction, 0)
	w.note(o, "redeclare v=%d", next.version)
}

// notifyOf delivers a state of the object. The manager looks only if it differs
// in what matters from the one that it saw before.
func (w *world) notifyOf(o *object, next *declaration) {
	w.notify(func() {
		was := o.seenDecl
		if was != nil && next.version <= was.version {
			return
		}
		o.seenDecl = next
		if was == nil || was.object.UID != next.object.UID || was.object.Generation != next.object.Generation ||
			was.object.Annotations[v1alpha1.RenewRequestedAtAnnotation] != next.object.Annotations[v1alpha1.RenewRequestedAtAnnotation] {
			w.wake(o)
		}
	})
}

// recredit is what somebody else does to an account.
func (w *world) recredit(a *account, facts issuance.Account) {
	w.settleAll()
	next := credentials{version: w.nextVersion(), facts: facts, usable: facts == a.good}
	a.truth = next
	for _, o := range w.objects {
		if o.account == a {
			w.note(o, "recredit usable=%v", next.usable)
		}
	}
	w.notify(func() {
		if next.version > a.seen.version {
			a.seen = next
			for _, o := range w.objects {
				if o.account == a {
					w.wake(o)
				}
			}
		}
	})
	w.rejudgeAll()
	for _, o := range w.objects {
		if o.account == a {
			w.extend(o, reaction, 0)
		}
	}
}

// hang begins a call that gets no answer for a while: for this object the API
// server does not answer.
func (w *world) hang(o *object, incarnation int) {
	if incarnation != w.incarnation {
		return
	}
	w.settle(o)
	o.hung = true
	w.rejudge(o)
}

func (w *world) asToken(t *token) capability.Token {
	return capability.Token{IssuedAt: t.issued, ExpiresAt: t.expires}
}

// jump sets the wall clock. A watcher sees it and has everything planned anew.
func (w *world) jump(by time.Duration) {
	w.settleAll()
	w.shift += by
	w.noteAll("jump %s", by)
	if by < 0 {
		w.backJumps++
	}
	w.rejudgeAll()
	for _, o := range w.objects {
		w.extend(o, maxReplan+reaction, 0)
	}
	if w.omit.clockWatcher {
		return
	}
	w.after(w.upTo(maxReplan), func() {
		for _, o := range w.objects {
			w.wake(o)
		}
	})
}
