package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// The manager: writing a token and the status.

// request is a new token on its way to the API server.
type request struct {
	base     *secret
	decl     *declaration
	token    *token
	raw      string
	answered string
	basis    basis
	at       time.Time
	version  int // what the API server gave it
}

func (w *world) write(o *object, seen view, v issuance.Verdict) {
	decl, base, signer := seen.decl, seen.secret, o.account.seen
	raw, made, err := w.sign(decl, signer.facts, w.wall())
	if err != nil {
		w.violated(o, unmintable, "a token that was decided on can't be minted: %v", err)
		w.sleep(o, time.Minute)
		return
	}
	w.report.signed++
	r := request{base: base, decl: decl, raw: raw, token: made, answered: base.facts.AnsweredRenewRequest, basis: w.basis(o, seen), at: w.wall()}
	if v.RenewRequest != "" {
		r.answered = v.RenewRequest
	}
	o.inFlight, o.pending = true, digest(raw, r.answered, base.labels)
	o.kept = o.pending
	incarnation := w.incarnation
	w.after(w.upTo(maxCall/2), func() {
		answer := w.serve(o, &r, v.Cause)
		delay := w.upTo(maxCall / 2)
		if answer == timedOut {
			delay += w.upTo(5 * time.Second)
			w.hang(o, incarnation)
		}
		w.after(delay, func() {
			if incarnation == w.incarnation {
				w.answered(o, r, v, answer)
			}
		})
	})
}

// answered is the rest of a pass, from the API server's answer on.
func (w *world) answered(o *object, r request, v issuance.Verdict, a answer) {
	o.inFlight = false
	w.note(o, "answer %d", a)
	if o.hung {
		w.settle(o)
		o.hung = false
		w.rejudge(o)
	}
	if w.down > 0 && a == written {
		a = failed // the answer is lost on its way
		w.report.lost++
	}
	if a != written {
		// Should it have taken effect, its event is news, also if it has come by now.
		if !w.omit.lostAnswers {
			o.pending = ""
		}
		if !w.omit.earlyEvents && o.seenSecret.version > r.base.version {
			o.dirty = true
		}
	}
	if a != stale {
		o.stale = 0
	}
	switch a {
	case written:
		w.written(o, r)
	case stale:
		w.report.conflicts++
		w.retryStale(o)
	case nameTaken:
		o.taken = true
		w.failed(o, issuance.SecretNotOwned("client"), heldUntil(v))
	case refused:
		w.failed(o, &issuance.Fault{Reason: v1alpha1.ReasonAdmissionDenied}, heldUntil(v))
	case failed, timedOut:
		w.extendForRetry(o, time.Minute)
		w.failed(o, nil, heldUntil(v))
	}
}

// written ends a pass that wrote a token: with the status, which is a call too.
func (w *world) written(o *object, r request) {
	o.taken, o.expires, o.wrote = false, r.token.expires, r.version
	due := w.renewAt(r.decl.object, w.asToken(r.token))
	w.judgePlan(o, r.decl, r.token, due)
	if w.flaky > 0 && w.chance(0.2) {
		w.extendForRetry(o, time.Minute)
		w.failed(o, nil, r.token.expires) // it is tried again long before the renewal
		return
	}
	o.failing = time.Time{}
	if o.truthDecl.object.Status.Token == nil {
		c := o.truthDecl.object.DeepCopy()
		c.Status.Token = &v1alpha1.TokenStatus{}
		next := w.declare(o.truthDecl, c)
		o.truthDecl = next
		w.notifyOf(o, next)
	}
	w.sleep(o, w.wait(w.wall(), due))
}
