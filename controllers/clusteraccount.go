package controllers

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
	"github.com/capability-operator/capability-operator/twilio"
)

// accountRetry is the wait after a call about a ClusterAccount that failed.
// Nothing waits for its status: tokens are signed by what the account is, not by
// what is said of it.
const accountRetry = 5 * time.Second

// AccountReconciler says in the status of each ClusterAccount whether it can
// sign and what with, and has Twilio asked where its owner wants that. Who uses
// the account does not depend on it.
type AccountReconciler struct {
	// Reader reads ClusterAccounts: in production the cache that
	// accounts.CacheOptions describes. What it returns is not modified.
	Reader client.Reader
	// Accounts finds credentials.
	Accounts *accounts.Finder
	// Client writes.
	Client client.Client
	// Recorder takes events.
	Recorder events.EventRecorder
	// Clock is the only source of time.
	Clock clock.PassiveClock
	// Twilio is asked about credentials, where spec.verify says so.
	Twilio *twilio.Client
	// Lease is held by the one process that writes.
	Lease *Lease

	memory accountMemory
}

// accountPass is one pass over one ClusterAccount.
type accountPass struct {
	lent    *v1alpha1.ClusterAccount
	account issuance.Account
	fault   *issuance.Fault
	now     time.Time
}

// Reconcile makes one pass over one ClusterAccount. What can be said without
// Twilio is written before it is asked, which may take its time.
func (r *AccountReconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	if !r.Lease.Held() {
		return reconcile.Result{}, nil // winning the lease wakes everything
	}
	p, err := r.gather(ctx, req.Name)
	switch {
	case err != nil:
		return r.retry(ctx, err), nil
	case p == nil:
		r.memory.forget(req.Name)
		return reconcile.Result{}, nil
	}
	if err := r.report(ctx, p, r.status(p)); err != nil {
		return r.retry(ctx, err), nil
	}
	if r.askDue(p) {
		if err := r.report(ctx, p, r.ask(ctx, p)); err != nil {
			return r.retry(ctx, err), nil
		}
	}
	return r.wake(p), nil
}

// gather returns nil for an account that is gone or going.
func (r *AccountReconciler) gather(ctx context.Context, name string) (*accountPass, error) {
	p := &accountPass{lent: &v1alpha1.ClusterAccount{}, now: r.Clock.Now()}
	err := r.Reader.Get(ctx, client.ObjectKey{Name: name}, p.lent)
	switch {
	case apierrors.IsNotFound(err) || err == nil && !p.lent.DeletionTimestamp.IsZero():
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the ClusterAccount: %w", err)
	}
	if p.account, err = r.Accounts.Of(ctx, p.lent); err != nil {
		return nil, err
	}
	p.fault = issuance.ClusterAccountFault(p.lent.Spec, p.account)
	return p, nil
}

func (r *AccountReconciler) retry(ctx context.Context, err error) reconcile.Result {
	if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) { // else the watch brings what is new
		log.FromContext(ctx).Error(scrub(err), "A call about a ClusterAccount failed; trying again", "after", accountRetry.String())
	}
	return reconcile.Result{RequeueAfter: accountRetry}
}

// wake says when there is something to do without anything having changed: the
// previous key's time is up, or Twilio is to be asked.
func (r *AccountReconciler) wake(p *accountPass) reconcile.Result {
	var next time.Time
	for _, at := range []time.Time{r.askAt(p), inUseUntil(p.lent)} {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return reconcile.Result{}
	}
	return reconcile.Result{RequeueAfter: issuance.Wait(r.Clock.Now(), next)}
}

func inUseUntil(lent *v1alpha1.ClusterAccount) time.Time {
	if lent.Status.PreviousKey == nil {
		return time.Time{}
	}
	return lent.Status.PreviousKey.InUseUntil.Time
}
