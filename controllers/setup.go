package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// passTimeout ends a pass whose calls hang, so that a worker is never lost.
const passTimeout = 20 * time.Second

// SetupWithManager has the manager run the reconciler, with concurrency passes
// at a time. accountCache holds the account Secrets.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr manager.Manager, accountCache cache.Cache, concurrency int) error {
	if err := addIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	c, err := controller.New("clientcapability", mgr, controller.Options{
		Reconciler:              r,
		MaxConcurrentReconciles: concurrency,
		ReconciliationTimeout:   passTimeout,
		// A standby that watches already is ready when the leader goes.
		EnableWarmup: new(true),
	})
	if err != nil {
		return fmt.Errorf("creating the controller: %w", err)
	}
	watches := []source.Source{
		source.Kind[client.Object](mgr.GetCache(), &v1alpha1.ClientCapability{}, r.capabilityEvents()),
		source.Kind[client.Object](mgr.GetCache(), &corev1.Secret{}, r.tokenSecretEvents()),
		source.Kind[client.Object](accountCache, &corev1.Secret{}, r.accountEvents()),
		source.Func(r.newClockWatch(clock.RealClock{}, mgr.Elected(), r.Outages.Over()).Start),
	}
	told := territory{elected: mgr.Elected(), capabilities: mgr.GetCache(), perObject: r.PerObjectMetrics}
	if r.Accounts.Cluster != nil {
		told.accounts = accountCache
		watches = append(watches,
			source.Kind[client.Object](accountCache, &v1alpha1.ClusterAccount{}, r.clusterAccountEvents()),
			source.Kind[client.Object](accountCache, accounts.Namespace(), r.namespaceEvents()))
	}
	scraped.of(told)
	for _, watch := range watches {
		if err := c.Watch(watch); err != nil {
			return fmt.Errorf("adding a watch: %w", err)
		}
	}
	return nil
}
