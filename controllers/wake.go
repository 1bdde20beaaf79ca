package controllers

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

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
		after = issuance.Retry(nil, now, r.memory.failingSince(p.key, now), p.expiresAt())
		log.FromContext(ctx).Error(scrub(p.err), "A call failed; trying again", "after", after.String())
	case !p.done:
		after = issuance.Retry(p.fault, now, r.memory.failingSince(p.key, now), p.expiresAt())
	default:
		r.memory.succeeded(p.key)
		after = issuance.Wait(now, p.renewAt)
	}
	if p.done {
		after = min(after, issuance.Wait(now, p.renewAt))
	}
	return reconcile.Result{RequeueAfter: after, Priority: new(nextTier(p, now))}
}

// retryUnread is for a pass that could not even read what it is about.
func (r *Reconciler) retryUnread(key types.NamespacedName) reconcile.Result {
	now := r.Clock.Now()
	after := issuance.Retry(nil, now, r.memory.failingSince(key, now), time.Time{})
	return reconcile.Result{RequeueAfter: after, Priority: new(tierChanged)}
}
