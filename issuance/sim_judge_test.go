package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/issuance"
)

// The judge watches the world from outside and knows what nobody in it knows:
// what every token says and when every change was made.

// reaction is the longest from a change, with everything up and answering, to
// the right token in the Secret: the change arrives (maxLag) while a pass is
// under way that writes what is outdated by then (maxCall); until the cache has
// that write, no more passes than the manager has patience for come too early
// (a staleWait and a call each); the last pass writes (maxCall).
const reaction = maxLag + maxCall + patience*(staleWait+maxCall) + maxCall

// judged is what the judge notes about an object.
type judged struct {
	// promised is true while all conditions of the promise hold: the account is
	// there and usable, nobody suspends the object or keeps its Secret from being
	// written, the API server answers and a manager runs.
	promised bool
	settled  time.Duration
	// badFrom is since when the Secret has had no right and living token; it lies
	// ahead, at the expiry, while it has one. badWall is the same on the wall clock.
	badFrom time.Duration
	badWall time.Time
	// deadline is until when a bad token is allowed for what happened last, excuse
	// until when a late renewal is.
	deadline, excuse time.Duration
	// last is what the last token was decided on.
	last   basis
	minted bool
	// planned is when the present token was said to be renewed.
	plannedFor plan
	planned    time.Time
}

// basis is all that can be a cause for another token, save time. Two tokens
// with the same basis, the first of them not due, are two for one cause.
type basis struct {
	meaning   meaning
	key       string
	request   string
	signer    issuance.Account
	edits     int
	backJumps int
}

func (w *world) basis(o *object, seen view) basis {
	b := basis{
		meaning: seen.decl.meaning, key: seen.decl.object.TokenKey(), request: seen.decl.request,
		signer: o.account.seen.facts, edits: seen.secret.edits, backJumps: w.backJumps,
	}
	if b.request == "" {
		b.request = seen.secret.facts.AnsweredRenewRequest
	}
	return b
}

func (w *world) conditionsHold(o *object) bool {
	there := o.truthSecret
	return w.manager && w.down == 0 && w.denied == 0 && !o.hung &&
		(w.full == 0 || !there.gone) &&
		o.account.truth.usable &&
		o.truthDecl.valid && !o.truthDecl.object.Spec.Suspend &&
		!there.foreign && !there.facts.Immutable &&
		(!o.truthDecl.foreignLabel || !there.gone)
}

// fits reports whether the Secret's token, alive or not, says and is signed
// what is wanted now; right, whether it answers the renew request as well.
func (w *world) fits(o *object) bool {
	s, d := o.truthSecret, o.truthDecl
	return !s.gone && !s.foreign && s.token != nil && s.key == d.object.TokenKey() &&
		s.token.says == d.meaning && s.token.signer == o.account.truth.facts &&
		!s.token.issued.After(w.wall())
}

func (w *world) right(o *object) bool {
	request := o.truthDecl.request
	return w.fits(o) && (request == "" || o.truthSecret.facts.AnsweredRenewRequest == request)
}

// settle judges the time since the last settling, in which nothing changed.
func (w *world) settle(o *object) {
	if o.promised && w.now > o.settled {
		w.report.promised += w.now - o.settled
		w.report.strict += max(0, w.now-max(o.settled, o.deadline))
		if from := max(o.badFrom, o.deadline); w.now > from && !w.unseen(o) {
			o.deadline = w.now // said once
			broken := wrong
			if t := o.truthSecret.token; t != nil && !w.wall().Before(t.expires) {
				broken = expired
			}
			w.violated(o, broken, "no right and living token for %s, allowed until %s before", w.now-o.badFrom, w.now-from)
		}
	}
	o.settled = w.now
}

// unseen reports whether a cut watch keeps a change from the manager. Where there
// is none, its token is not to expire even then.
func (w *world) unseen(o *object) bool {
	return w.cut > 0 && !(o.truthSecret.byManager && o.truthDecl == o.seenDecl && o.account.truth.version == o.account.seen.version)
}

// rejudge looks at the object anew, after something changed.
func (w *world) rejudge(o *object) {
	o.promised = w.conditionsHold(o)
	wall, was := w.wall(), o.badFrom
	if w.right(o) {
		expires := o.truthSecret.token.expires
		if wall.Before(expires) {
			o.badFrom, o.badWall = w.moment(expires), expires
			return
		}
		o.badFrom, o.badWall = min(was, w.now), expires
		return
	}
	if t := o.truthSecret.token; t != nil && t.issued.After(wall) { // time may right it
		w.agenda.note(w.moment(t.issued), func() {
			w.settle(o)
			w.rejudge(o)
		})
	}
	if was > w.now {
		o.badFrom, o.badWall = w.now, wall
	}
	if wall.Before(o.badWall) {
		o.badWall = wall
	}
}

// extend allows a bad token, and for longer a late renewal, from now on.
func (w *world) extend(o *object, bad, late time.Duration) {
	w.settle(o)
	o.deadline = max(o.deadline, w.now+bad)
	o.excuse = max(o.excuse, w.now+bad+late)
}

// extendForRetry allows the wait that the manager may have entered upon a moment
// ago, before what failed was mended. While a token that fits lives, that is a
// tenth of what is left of it, and so ends before the token does; what it may
// delay is an answer to a renew request. Else it is as long as that has lasted
// and at least a second. No wait is longer than limit.
func (w *world) extendForRetry(o *object, limit time.Duration) {
	wall := w.wall()
	if w.fits(o) && wall.Before(o.truthSecret.token.expires) {
		wait := min(o.truthSecret.token.expires.Sub(wall)/10, limit)
		if w.right(o) {
			w.extend(o, reaction+time.Second, wait)
		} else {
			w.extend(o, reaction+max(wait, time.Second), 0)
		}
		return
	}
	began := o.badWall
	if !o.failing.IsZero() && o.failing.Before(began) {
		began = o.failing
	}
	w.extend(o, reaction+min(max(wall.Add(maxCall).Sub(began), time.Second), limit), 0)
}

func (w *world) settleAll() {
	for _, o := range w.objects {
		w.settle(o)
	}
}

func (w *world) rejudgeAll() {
	for _, o := range w.objects {
		w.rejudge(o)
	}
}

// sweep looks for objects that nobody will look at any more.
func (w *world) sweep() {
	if !w.manager {
		return
	}
	for _, o := range w.objects {
		if o.seenDecl != nil && !o.inFlight && !(o.asleep && o.wakesAt >= w.now) {
			w.violated(o, noWakeUp, "nothing will wake the object")
		}
	}
}
