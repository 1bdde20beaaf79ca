package rbac_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const repository = "../../"

var (
	cluster *controlplane.Cluster
	objects client.Client // of an administrator
	dir     string        // of this run: the programs, the audit log, overlays, kubectl's home
)

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard()) // a client of a test has nothing to say
	// An installation waits most of the time, whatever the number of processors.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(controlplane.Main(m, start))
}

func start(ctx context.Context) (stop func() error, err error) {
	stop = func() error { return nil }
	if dir, err = os.MkdirTemp("", "capability-operator-rbac-"); err != nil {
		return stop, err
	}
	stop = func() error { return os.RemoveAll(dir) }
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // as kustomize does with its paths
		return stop, err
	}
	if err := buildPrograms(ctx); err != nil {
		return stop, err
	}
	if cluster, err = startControlPlane(ctx); err != nil {
		return stop, err
	}
	stop = func() error { defer os.RemoveAll(dir); return cluster.Stop() }
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return stop, err
		}
	}
	if objects, err = client.New(cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return stop, err
	}
	return stop, installCRDs(ctx)
}

func pathOf(program string) string { return filepath.Join(dir, program) }

func buildPrograms(ctx context.Context) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir+"/", repository+"cmd/manager", repository+"cmd/tokenserver")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if printed, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, printed)
	}
	return nil
}

func startControlPlane(ctx context.Context) (*controlplane.Cluster, error) {
	policy := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	return controlplane.Start(ctx, controlplane.Options{
		ControllerManager: true, // adds up the roles for people, and checks the types of policies
		APIServerArgs: func(args *envtest.Arguments) {
			args.Set("audit-policy-file", policy).Set("audit-log-path", auditLog()).
				// As servers are that can't stream lists: the newer ones would hide that list is needed.
				Set("feature-gates", "WatchList=false")
		},
	})
}

// installCRDs installs them as the overlays do, so that those find nothing to quarrel about.
func installCRDs(ctx context.Context) error {
	for _, step := range []string{
		"apply --server-side -k " + repository + "config/crd",
		"wait --for=condition=Established --timeout=30s crd --all",
	} {
		if _, complaints, err := kubectl(ctx, "", strings.Fields(step)...); err != nil {
			return fmt.Errorf("kubectl %s: %w\n%s", step, err, complaints)
		}
	}
	return nil
}

// kubectl runs the kubectl of the API server's own version, as an administrator.
func kubectl(ctx context.Context, input string, args ...string) (printed, complaints string, err error) {
	command := exec.CommandContext(ctx, cluster.KubectlPath(), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+dir)
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

// mustKubectl fails where kubectl does, and where it has anything to complain of.
func mustKubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	printed, complaints, err := kubectl(t.Context(), input, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, complaints)
	}
	if complaints != "" {
		t.Errorf("kubectl %s complains:\n%s", strings.Join(args, " "), complaints)
	}
	return printed
}
