package rbac_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const repository = "../../"

var (
	cluster *controlplane.Cluster
	objects client.Client
	dir     string // of this run: the manager's binary, the audit log, overlays
)

func TestMain(m *testing.M) {
	flag.Parse()
	// An installation waits most of the time, whatever the number of processors.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) (code int) {
	stop, err := start(context.Background())
	defer func() {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func start(ctx context.Context) (stop func() error, err error) {
	stop = func() error { return nil }
	if dir, err = os.MkdirTemp("", "capability-operator-rbac-"); err != nil {
		return stop, err
	}
	stop = func() error { return os.RemoveAll(dir) }
	if err := buildManager(ctx); err != nil {
		return stop, err
	}
	if cluster, err = startControlPlane(ctx); err != nil {
		return stop, err
	}
	stop = func() error { defer os.RemoveAll(dir); return cluster.Stop() }
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return stop, err
		}
	}
	objects, err = client.New(cluster.Config, client.Options{Scheme: scheme})
	return stop, err
}

func managerPath() string { return filepath.Join(dir, "manager") }

func buildManager(ctx context.Context) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", managerPath(), repository+"cmd/manager")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if printed, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the manager: %w\n%s", err, printed)
	}
	return nil
}

func startControlPlane(ctx context.Context) (*controlplane.Cluster, error) {
	policy := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	return controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{repository + "config/crd/bases"},
		APIServerArgs: func(args *envtest.Arguments) {
			args.Set("audit-policy-file", policy).Set("audit-log-path", auditLog()).
				// As servers are that can't stream lists: the newer ones would hide that list is needed.
				Set("feature-gates", "WatchList=false")
		},
	})
}
