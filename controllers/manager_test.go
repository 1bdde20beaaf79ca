package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	rtcluster "sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/controllers"
)

// runManager runs the operator as cmd/manager wires it without ClusterAccounts,
// by the real clock, in these namespaces (none: all), until stop is called or the
// spec ends.
func runManager(to *rest.Config, heard *recording, namespaces ...string) (stop func()) {
	GinkgoHelper()
	return run(to, heard, namespaces, false)
}

// runLendingManager runs the operator with ClusterAccounts.
func runLendingManager(to *rest.Config, heard *recording, namespaces ...string) {
	GinkgoHelper()
	run(to, heard, namespaces, true)
}

func run(to *rest.Config, heard *recording, namespaces []string, lending bool) (stop func()) {
	GinkgoHelper()
	running, cancel := context.WithCancel(context.Background())
	to = rest.CopyConfig(to)
	serverTime := &controllers.ServerTime{Clock: clock.RealClock{}}
	to.Wrap(serverTime.Wrap)
	cached := controllers.CacheOptions()
	cached.DefaultNamespaces = accounts.InNamespaces(namespaces)
	mgr, err := ctrl.NewManager(to, ctrl.Options{
		Scheme:                  scheme,
		Logger:                  heard.logger(),
		Cache:                   cached,
		Metrics:                 server.Options{BindAddress: "0"},
		HealthProbeBindAddress:  "0",
		Controller:              config.Controller{SkipNameValidation: new(true)}, // one process runs several, one after the other
		GracefulShutdownTimeout: new(8 * time.Second),
	})
	Expect(err).NotTo(HaveOccurred())
	setUp(running, mgr, to, serverTime, namespaces, lending)

	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(running) }()
	stopped := false
	stop = func() {
		GinkgoHelper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		Eventually(ended).Should(Receive(Succeed()))
	}
	DeferCleanup(stop)
	Expect(mgr.GetCache().WaitForCacheSync(running)).To(BeTrue())
	return stop
}

func setUp(running context.Context, mgr manager.Manager, to *rest.Config, serverTime *controllers.ServerTime, namespaces []string, lending bool) {
	GinkgoHelper()
	accountCluster, err := rtcluster.New(to, func(o *rtcluster.Options) {
		o.Scheme = scheme
		o.Cache = accounts.CacheOptions()
		if !lending {
			o.Cache = accounts.SecretCacheOptions()
			o.Cache.DefaultNamespaces = accounts.InNamespaces(namespaces)
		}
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(mgr.Add(accountCluster)).To(Succeed())
	reconciler := &controllers.Reconciler{
		Reader:          mgr.GetCache(),
		Live:            mgr.GetAPIReader(),
		Client:          mgr.GetClient(),
		Accounts:        &accounts.Finder{Secrets: accountCluster.GetCache()},
		Recorder:        mgr.GetEventRecorder("capability-operator"),
		Clock:           clock.RealClock{},
		ServerTime:      serverTime,
		AllowedPrefixes: []string{"reloader.stakater.com/"},
	}
	if lending {
		serveClusterAccounts(running, mgr, accountCluster.GetCache(), reconciler.Accounts)
	}
	Expect(reconciler.SetupWithManager(running, mgr, accountCluster.GetCache(), 16)).To(Succeed())
}

func serveClusterAccounts(running context.Context, mgr manager.Manager, accountCache cache.Cache, finder *accounts.Finder) {
	GinkgoHelper()
	finder.Cluster = accountCache
	Expect(accounts.AddIndexes(running, accountCache)).To(Succeed())
	reconciler := &controllers.AccountReconciler{
		Reader:   accountCache,
		Accounts: finder,
		Client:   mgr.GetClient(),
		Recorder: mgr.GetEventRecorder("capability-operator"),
		Clock:    clock.RealClock{},
		Lease:    controllers.NewLease(nil),
	}
	Expect(reconciler.SetupWithManager(mgr, accountCache)).To(Succeed())
}

// passes is how many passes this process has made so far, over all objects.
func passes() float64 {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	total := 0.0
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "result" && label.GetValue() == "error" {
					Expect(metric.GetCounter().GetValue()).To(BeZero(), "a pass returned an error")
				}
			}
			total += metric.GetCounter().GetValue()
		}
	}
	return total
}
