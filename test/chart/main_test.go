package chart_test

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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	repository = "../../"
	chart      = repository + "charts/capability-operator"
	// release and home are what the documentation calls them.
	release = "capability-operator"
	home    = "capability-operator-system"
)

var (
	cluster *controlplane.Cluster
	objects client.Client
	dir     string // of this run: programs, Helm's and kubectl's home
	helmed  string // the path of helm
)

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	os.Exit(controlplane.Main(m, start))
}

func start(ctx context.Context) (stop func() error, err error) {
	stop = func() error { return nil }
	if dir, err = os.MkdirTemp("", "capability-operator-chart-"); err != nil {
		return stop, err
	}
	stop = func() error { return os.RemoveAll(dir) }
	build := exec.CommandContext(ctx, repository+"hack/helm/build")
	build.Stderr = os.Stderr // it says so where it builds, which takes minutes
	folder, err := build.Output()
	if err != nil {
		return stop, fmt.Errorf("building helm: %w", err)
	}
	helmed = filepath.Join(strings.TrimSpace(string(folder)), "helm")
	if err := buildPrograms(ctx); err != nil {
		return stop, err
	}
	// No CRDs: the releases bring them. Those of other projects are there in outline.
	cluster, err = controlplane.Start(ctx, controlplane.Options{ControllerManager: true, CRDPaths: []string{"testdata/crds"}})
	if err != nil {
		return stop, err
	}
	stop = func() error { defer os.RemoveAll(dir); return cluster.Stop() }
	return stop, connect(ctx)
}

func buildPrograms(ctx context.Context) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir+"/", repository+"cmd/manager", repository+"cmd/tokenserver")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if printed, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, printed)
	}
	return nil
}

// connect makes a client, and the namespaces that values name.
func connect(ctx context.Context) (err error) {
	scheme := clientgoscheme.Scheme
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	if objects, err = client.New(cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	for _, name := range []string{home, "voice", "support", "sales"} {
		if err := objects.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	return nil
}

// run is a program with the input, as an administrator of the cluster.
func run(ctx context.Context, input, program string, args ...string) (printed, complaints string, err error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+dir)
	for _, name := range []string{"CONFIG", "CACHE", "DATA"} {
		command.Env = append(command.Env, "HELM_"+name+"_HOME="+filepath.Join(dir, "helm"))
	}
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

func helm(ctx context.Context, args ...string) (printed, complaints string, err error) {
	return run(ctx, "", helmed, args...)
}

func mustHelm(t *testing.T, args ...string) string {
	t.Helper()
	printed, complaints, err := helm(t.Context(), args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, complaints)
	}
	return printed
}

func mustKubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	printed, complaints, err := run(t.Context(), input, cluster.KubectlPath(), args...)
	if err != nil || complaints != "" {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, complaints)
	}
	return printed
}
