package controllers

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// staleWait gives the watch time to bring what a stale decision missed.
const staleWait = 250 * time.Millisecond

// terminatingWait passes the time until a namespace's end takes the object along.
const terminatingWait = 10 * time.Second

// wake says when to look at the object again, and how urgent it is then. There
// is no path without a next time.
func (r *Reconciler) wake(ctx context.Context, p *pass) reconcile.Result {
	now := r.Clock.Now()
	r.memory.decidedOn(p.key, errors.Is(p.err, errStale))
	var after time.Duration
	switch {
	case errors.Is(p.err, errStale):
		after = staleWait
	case errors.Is(p.err, errTerminating):
		after = terminatingWait
	case p.err != nil:
		after = issuance.Retry(nil, now, r.memory.failingSince(p.key, v1alpha1.ReasonWriteFailed, now), p.expiresAt())
		complain(ctx, p.err, "A call failed; trying again", "after", after.String())
	case !p.done:
		after = issuance.Retry(p.fault, now, r.memory.failingSince(p.key, p.fault.Reason, now), p.expiresAt())
	default:
		r.memory.succeeded(p.key)
		after = p.rest(now)
	}
	if p.done {
		after = min(after, p.rest(now))
	}
	tier := nextTier(p, now)
	r.memory.waits(p.key, p.expiresAt(), now.Add(after), tier)
	return reconcile.Result{RequeueAfter: after, Priority: new(tier)}
}

// rest is how long nothing is to be done: until the renewal, where there is one.
func (p *pass) rest(now time.Time) time.Duration {
	if p.verdict.Action == issuance.Release {
		return issuance.Idle
	}
	return issuance.Wait(now, p.renewAt)
}

// retryUnread is for a pass that could not read what it is about, or read what
// is older than its own last write.
func (r *Reconciler) retryUnread(ctx context.Context, key types.NamespacedName, err error) reconcile.Result {
	stale := errors.Is(err, errStale)
	r.memory.decidedOn(key, stale)
	after := staleWait
	if !stale {
		now := r.Clock.Now()
		complain(ctx, err, "Gathering the facts failed; trying again")
		// What the Secret holds could not be read; what it held last is known.
		after = issuance.Retry(nil, now, r.memory.failingSince(key, v1alpha1.ReasonWriteFailed, now), r.memory.get(key).expiry.time())
	}
	return reconcile.Result{RequeueAfter: after, Priority: new(tierChanged)}
}

// complain logs a failure, but not that of a call which ends because the process does.
func complain(ctx context.Context, err error, what string, details ...any) {
	if !errors.Is(ctx.Err(), context.Canceled) {
		log.FromContext(ctx).Error(scrub(err), what, details...)
	}
}
