//go:build faults

package faults_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/go-logr/logr"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// binVariable names a manager that is there already, instead of one that is built here.
const binVariable = "BIN"

var (
	scheme = runtime.NewScheme()
	// calm serves all tests but those that stop it or take its CRD away; rough is for those.
	calm, rough lazyCluster
	// program is the path of the manager.
	program string
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Nearly all of each test is waiting, so the waits run side by side, whatever the number of processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctrl.SetLogger(logr.Discard())
	os.Exit(runTests(m))
}

func runTests(m *testing.M) (code int) {
	folder, err := os.MkdirTemp("", "capability-operator-faults-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = errors.Join(clientgoscheme.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme), findProgram(folder))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := errors.Join(calm.stop(), rough.stop()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	return m.Run()
}

func findProgram(folder string) error {
	if program = os.Getenv(binVariable); program != "" {
		return nil
	}
	program = filepath.Join(folder, "manager")
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "../../cmd/manager")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the manager: %w\n%s", err, out)
	}
	return nil
}

// lazyCluster starts when a test first asks for it, so that a single test does not pay for both.
type lazyCluster struct {
	once    sync.Once
	alone   sync.Mutex
	cluster *controlplane.Cluster
	api     client.WithWatch
	err     error
}

func (l *lazyCluster) get(t *testing.T) *lazyCluster {
	t.Helper()
	l.once.Do(func() { l.err = l.start() })
	if l.err != nil {
		t.Fatal(l.err)
	}
	return l
}

func (l *lazyCluster) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cluster, err := controlplane.Start(ctx, controlplane.Options{
		ControllerManager: true,
		CRDPaths:          []string{crdFolder},
	})
	if err != nil {
		return err
	}
	l.cluster = cluster
	l.api, err = client.NewWithWatch(rest.CopyConfig(cluster.Config), client.Options{Scheme: scheme})
	return err
}

func (l *lazyCluster) stop() error {
	if l.cluster == nil {
		return nil
	}
	return l.cluster.Stop()
}

const crdFolder = "../../config/crd/bases"

// exclusively makes tests that share this control plane wait for each other.
func (l *lazyCluster) exclusively(t *testing.T) {
	t.Helper()
	l.alone.Lock()
	t.Cleanup(l.alone.Unlock)
}
