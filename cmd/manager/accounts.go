package main

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/controllers"
	"github.com/capability-operator/capability-operator/twilio"
)

// accountLeaseName is the lease of the one manager, of all that share the
// namespaces of a cluster among them, that writes the status of ClusterAccounts.
// It is the same whatever --leader-election-id is.
const accountLeaseName = operatorName + "-accounts"

// addAccountCache adds the cache of accounts. With ClusterAccounts it is of all
// namespaces, whichever are worked in: theirs are in none of these.
func addAccountCache(mgr manager.Manager, config *rest.Config, o options) (cache.Cache, error) {
	accountCluster, err := cluster.New(config, func(c *cluster.Options) {
		c.Scheme = mgr.GetScheme()
		c.Cache = accounts.CacheOptions()
		if !o.clusterAccounts {
			c.Cache = accounts.SecretCacheOptions()
			c.Cache.DefaultNamespaces = accounts.InNamespaces(o.namespaces)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the cache of accounts: %w", err)
	}
	if err := mgr.Add(accountCluster); err != nil { // as a cluster, it does not wait for the election
		return nil, fmt.Errorf("adding the cache of accounts: %w", err)
	}
	return accountCluster.GetCache(), nil
}

func addAccountReconciler(ctx context.Context, mgr manager.Manager, accountCache cache.Cache, o options) error {
	if err := accounts.AddIndexes(ctx, accountCache); err != nil {
		return err
	}
	lock, err := accountLock(mgr, o)
	if err != nil {
		return err
	}
	asking, err := twilio.New(o.twilioAPIURL)
	if err != nil {
		return fmt.Errorf("setting up the questions to Twilio: %w", err)
	}
	reconciler := &controllers.AccountReconciler{
		Reader:   accountCache,
		Accounts: &accounts.Finder{Secrets: accountCache, Cluster: accountCache},
		Client:   mgr.GetClient(),
		Recorder: mgr.GetEventRecorder(operatorName),
		Clock:    clock.RealClock{},
		Twilio:   asking,
		Lease:    controllers.NewLease(lock),
	}
	return reconciler.SetupWithManager(mgr, accountCache)
}

// accountLock is nil where nobody is elected.
func accountLock(mgr manager.Manager, o options) (resourcelock.Interface, error) {
	lock, err := leaderelection.NewResourceLock(rest.CopyConfig(mgr.GetConfig()), mgr, leaderelection.Options{
		LeaderElection:          o.leaderElect,
		LeaderElectionID:        accountLeaseName,
		LeaderElectionNamespace: o.leaderElectionNamespace,
		RenewDeadline:           controllers.LeaseDeadline,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the election over accounts: %w", err)
	}
	return lock, nil
}
