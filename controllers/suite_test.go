package controllers_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

var (
	// cluster collects garbage, counts quotas and empties deleted namespaces.
	cluster *controlplane.Cluster
	// bare has an API server and nothing else: no one but the test itself and
	// what it starts ever makes a call. It starts when it is first asked for.
	bare *controlplane.Cluster

	scheme = runtime.NewScheme()
	// libraries is what controller-runtime logs outside any pass.
	libraries = &recording{}
)

func TestControllers(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Controllers")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	ctrl.SetLogger(libraries.logger())
	SetDefaultEventuallyTimeout(20 * time.Second)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	EnforceDefaultTimeoutsWhenUsingContexts()
	cluster = start(ctx, controlplane.Options{ControllerManager: true})
})

var _ = AfterSuite(func() {
	for _, started := range []*controlplane.Cluster{cluster, bare} {
		if started != nil {
			Expect(started.Stop()).To(Succeed())
		}
	}
})

func start(ctx context.Context, options controlplane.Options) *controlplane.Cluster {
	GinkgoHelper()
	options.CRDPaths = []string{"../config/crd/bases"}
	started, err := controlplane.Start(ctx, options)
	Expect(err).NotTo(HaveOccurred())
	return started
}

// clients are the tester's own, as an administrator: one for each cluster, since
// each has to learn first what kinds there are.
var clients = map[*controlplane.Cluster]client.WithWatch{}

func clientOf(on *controlplane.Cluster) client.WithWatch {
	GinkgoHelper()
	if clients[on] == nil {
		api, err := client.NewWithWatch(on.Config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		clients[on] = api
	}
	return clients[on]
}

func bareCluster(ctx context.Context) *controlplane.Cluster {
	GinkgoHelper()
	if bare == nil {
		bare = start(ctx, controlplane.Options{})
	}
	return bare
}

// logger writes as the manager's does, at the most talkative level it has.
func (r *recording) logger() logr.Logger {
	return logr.FromSlogHandler(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
