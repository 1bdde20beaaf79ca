package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
)

// operatorName is what events are said to come from and, unless a flag says
// otherwise, the lease that managers of one installation compete for.
const operatorName = "capability-operator"

// shutdownGrace is how long passes that are under way may take to end.
const shutdownGrace = 8 * time.Second

// newManager wires everything together. ctx ends what is started on the way. synced waits until the manager's caches hold
// the cluster, and reports whether they do: not where its ctx ended first.
func newManager(ctx context.Context, config *rest.Config, o options) (mgr manager.Manager, synced func(context.Context) bool, err error) {
	serverTime := &controllers.ServerTime{Clock: clock.RealClock{}}
	config.Wrap(serverTime.Wrap)
	outages := controllers.NewOutages(clock.RealClock{})
	config.Wrap(outages.Wrap)
	scheme, err := newScheme()
	if err != nil {
		return nil, nil, err
	}
	served, certificate, err := o.metrics.server()
	if err != nil {
		return nil, nil, err
	}
	cached := controllers.CacheOptions()
	cached.DefaultNamespaces = accounts.InNamespaces(o.namespaces)
	mgr, err = ctrl.NewManager(config, ctrl.Options{
		Scheme:                  scheme,
		MapperProvider:          newMapper,
		Cache:                   cached,
		Metrics:                 served,
		HealthProbeBindAddress:  o.probeAddress,
		PprofBindAddress:        pprofAddress(),
		LeaderElection:          o.leaderElect,
		LeaderElectionID:        o.leaderElectionID,
		LeaderElectionNamespace: o.leaderElectionNamespace,
		// Little goes on after the release: Start waits for what it ran. Where that takes too long it fails, which ends the process, or
		// the lease was lost already.
		LeaderElectionReleaseOnCancel: true,
		Controller:                    ctrlconfig.Controller{SkipNameValidation: new(true)}, // after this manager there may be another
		GracefulShutdownTimeout:       new(shutdownGrace),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("setting up the manager: %w", err)
	}
	if certificate != nil {
		if err := mgr.Add(certificate); err != nil {
			return nil, nil, fmt.Errorf("following the certificate of metrics: %w", err)
		}
	}
	accountCache, err := addAccountCache(mgr, config, o)
	if err != nil {
		return nil, nil, err
	}
	reconciler := &controllers.Reconciler{ServerTime: serverTime, Outages: outages}
	if err := addReconcilers(ctx, mgr, accountCache, reconciler, o); err != nil {
		return nil, nil, err
	}
	synced = func(ctx context.Context) bool {
		return mgr.GetCache().WaitForCacheSync(ctx) && accountCache.WaitForCacheSync(ctx)
	}
	return mgr, synced, addProbes(mgr, synced)
}

// addReconcilers adds the one of ClientCapabilities, and with ClusterAccounts theirs.
func addReconcilers(ctx context.Context, mgr manager.Manager, accountCache cache.Cache, r *controllers.Reconciler, o options) error {
	r.Reader, r.Live, r.Client = mgr.GetCache(), mgr.GetAPIReader(), mgr.GetClient()
	r.Accounts = &accounts.Finder{Secrets: accountCache}
	r.Recorder = mgr.GetEventRecorder(operatorName)
	r.Clock = clock.RealClock{}
	r.AllowedPrefixes = o.allowedPrefixes
	r.PerObjectMetrics = o.metrics.perObject
	if o.clusterAccounts {
		r.Accounts.Cluster = accountCache
		if err := addAccountReconciler(ctx, mgr, accountCache, o); err != nil {
			return err
		}
	}
	return r.SetupWithManager(ctx, mgr, accountCache, o.concurrency)
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	return scheme, nil
}

// addProbes: the process lives while it answers, and is ready, also as a
// standby, once its caches hold the cluster.
func addProbes(mgr manager.Manager, synced func(context.Context) bool) error {
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the liveness check: %w", err)
	}
	check := func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), time.Second)
		defer cancel()
		if !synced(ctx) {
			return fmt.Errorf("the caches are not synced yet")
		}
		return nil
	}
	if err := mgr.AddReadyzCheck("caches", check); err != nil {
		return fmt.Errorf("adding the readiness check: %w", err)
	}
	return nil
}
