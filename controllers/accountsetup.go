package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// accountWorkers is how many accounts are looked at at a time: one of which
// Twilio takes its time to answer must not hold up the others.
const accountWorkers = 4

// SetupWithManager has the manager run the reconciler and the election of the one
// process that writes. accountCache holds ClusterAccounts and account Secrets.
func (r *AccountReconciler) SetupWithManager(mgr manager.Manager, accountCache cache.Cache) error {
	if err := mgr.Add(r.Lease); err != nil {
		return fmt.Errorf("adding the election over accounts: %w", err)
	}
	scraped.ofAccounts(lentAccounts{lease: r.Lease, accounts: accountCache})
	c, err := controller.New("clusteraccount", mgr, controller.Options{
		Reconciler:              r,
		MaxConcurrentReconciles: accountWorkers,
		// Two questions to Twilio, of ten seconds each at the most, and the writes.
		ReconciliationTimeout: 2 * passTimeout,
		NeedLeaderElection:    new(false), // the lease says who works
	})
	if err != nil {
		return fmt.Errorf("creating the controller of accounts: %w", err)
	}
	for _, watch := range []source.Source{
		source.Kind[client.Object](accountCache, &v1alpha1.ClusterAccount{}, &handler.EnqueueRequestForObject{}),
		source.Kind[client.Object](accountCache, &corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.lending)),
		source.Func(r.wakeWhenWon),
	} {
		if err := c.Watch(watch); err != nil {
			return fmt.Errorf("adding a watch: %w", err)
		}
	}
	return nil
}

// lending are the ClusterAccounts whose credentials are in the Secret.
func (r *AccountReconciler) lending(ctx context.Context, secret client.Object) []reconcile.Request {
	var requests []reconcile.Request
	for _, name := range clusterAccountsOf(ctx, r.Reader, client.ObjectKeyFromObject(secret)) {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKey{Name: name}})
	}
	return requests
}

// wakeWhenWon has everything looked at when this process wins the lease: what
// came before that was passed over.
func (r *AccountReconciler) wakeWhenWon(ctx context.Context, q queue) error {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.Lease.Won():
			}
			list := &v1alpha1.ClusterAccountList{}
			if err := r.Reader.List(ctx, list); err != nil {
				// The cache answers from memory; it fails only while it is shut down.
				log.FromContext(ctx).Error(err, "Listing the ClusterAccounts failed")
				return
			}
			for i := range list.Items {
				enqueue(q, client.ObjectKeyFromObject(&list.Items[i]), tierChanged)
			}
		}
	}()
	return nil
}
