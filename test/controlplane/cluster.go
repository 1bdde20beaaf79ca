package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const (
	// startTimeout is how long a program may take to come up: several suites may be starting one beside a compiler.
	startTimeout = time.Minute
	pollInterval = 50 * time.Millisecond
)

// Options says what a control plane is made of. The zero value is an API server without any CRD.
type Options struct {
	// CRDPaths are files and folders of CustomResourceDefinitions to install.
	CRDPaths []string
	// ControllerManager adds kube-controller-manager: garbage collection, deletion of namespaces, quotas, ServiceAccounts
	// and their tokens, aggregated ClusterRoles, and the type checks of ValidatingAdmissionPolicies.
	ControllerManager bool
	// FrontProxy lets servers of aggregated APIs know the API server by a certificate, as on a cluster.
	FrontProxy bool
	// Log receives what the programs print. Nil discards it; an error of Start quotes the last of it all the same.
	Log io.Writer
	// APIServerArgs, where set, changes the API server's flags before it starts.
	APIServerArgs func(*envtest.Arguments)
}

// Cluster is a running control plane. Its methods are for one goroutine; its Config is for any.
type Cluster struct {
	// Config reaches the API server as a member of system:masters, with no rate limit on the client's side.
	Config *rest.Config

	dir               string
	env               *envtest.Environment
	guard             *guard
	controllerManager *controllerManager
	frontProxy        tls.Certificate
}

// Start brings up a control plane and returns when it serves, its CRDs are established and, where asked for, its
// controllers work. Ctx bounds the start alone: what was started runs until Stop.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	found, err := findPrograms(options.ControllerManager)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "capability-operator-controlplane-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the control plane: %w", err)
	}
	cluster := &Cluster{dir: dir}
	if err := cluster.start(ctx, found, options); err != nil {
		return nil, errors.Join(err, cluster.Stop())
	}
	return cluster, nil
}

func (c *Cluster) start(ctx context.Context, found programs, options Options) error {
	guarded, err := found.guarded(c.dir)
	if err != nil {
		return err
	}
	if c.guard, err = startGuard(ctx, c.dir); err != nil {
		return err
	}
	output := newOutput(options.Log)
	if err := c.startServers(guarded, output, options); err != nil {
		return fmt.Errorf("starting etcd and kube-apiserver: %w%s", err, output.tail())
	}
	if err := c.awaitReady(ctx); err != nil {
		return err
	}
	if !options.ControllerManager {
		return nil
	}
	// After the CRDs: the garbage collector looks for new kinds only every half minute.
	c.controllerManager, err = startControllerManager(ctx, c, guarded, output)
	return err
}

func (c *Cluster) startServers(found programs, output *output, options Options) error {
	apiServer := &envtest.APIServer{
		Path:    found.path(kubeAPIServer),
		CertDir: filepath.Join(c.dir, "apiserver"),
		Out:     output, Err: output,
	}
	etcd := &envtest.Etcd{Path: found.path(etcd), DataDir: filepath.Join(c.dir, "etcd"), Out: output, Err: output}
	for _, folder := range []string{apiServer.CertDir, etcd.DataDir} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return fmt.Errorf("making a program's folder: %w", err)
		}
	}
	apiServer.Configure().
		Set("endpoint-reconciler-type", "none"). // a loopback address is refused as an endpoint, every ten seconds
		// Otherwise it stops only when the last watch has ended, and a manager under test never ends its own.
		Set("shutdown-send-retry-after", "true").
		Set("shutdown-watch-termination-grace-period", "1s")
	if options.FrontProxy {
		if err := c.addFrontProxy(apiServer.Configure()); err != nil {
			return err
		}
	}
	if options.APIServerArgs != nil {
		options.APIServerArgs(apiServer.Configure())
	}

	never := false
	c.env = &envtest.Environment{
		UseExistingCluster:       &never, // else USE_EXISTING_CLUSTER would point the tests at somebody's cluster
		ControlPlaneStartTimeout: startTimeout,
		CRDDirectoryPaths:        options.CRDPaths,
		ErrorIfCRDPathMissing:    true,
	}
	c.env.ControlPlane.APIServer, c.env.ControlPlane.Etcd = apiServer, etcd
	c.env.ControlPlane.KubectlPath = found.path(kubectl)
	config, err := c.env.Start()
	if err != nil {
		return err
	}
	c.Config = unlimited(config)
	return writeKubeconfig(c.Kubeconfig(), c.env.KubeConfig)
}

// Kubeconfig is the path of a kubeconfig file with the rights of Config, for kubectl and for child processes.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.dir, "kubeconfig") }

// KubectlPath is the path of a kubectl of the API server's own version.
func (c *Cluster) KubectlPath() string { return c.env.ControlPlane.KubectlPath }

// StopAPIServer stops the API server alone, as a fault. Etcd keeps its objects.
func (c *Cluster) StopAPIServer() error {
	if err := c.env.ControlPlane.APIServer.Stop(); err != nil {
		return fmt.Errorf("stopping kube-apiserver: %w", err)
	}
	return c.guard.forget(kubeAPIServer)
}

// StartAPIServer starts the API server again after StopAPIServer, with the same address, certificates and objects, so
// that every Config and kubeconfig file stays good. It returns when the server is ready.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	if err := c.env.ControlPlane.APIServer.Start(); err != nil {
		return fmt.Errorf("starting kube-apiserver again: %w", err)
	}
	return c.awaitReady(ctx)
}

// awaitReady waits for what being healthy does not promise: the server has read all roles and bindings, so that no user
// is refused what is granted.
func (c *Cluster) awaitReady(ctx context.Context) error {
	api, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	var last error
	ready := func(ctx context.Context) (bool, error) {
		last = api.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
		return last == nil, nil
	}
	if err := wait.PollUntilContextTimeout(ctx, pollInterval, startTimeout, true, ready); err != nil {
		return fmt.Errorf("waiting for kube-apiserver to be ready: %w", errors.Join(err, last))
	}
	return nil
}

// Stop ends all programs and removes everything that Start made.
func (c *Cluster) Stop() error {
	var failed []error
	if c.controllerManager != nil {
		c.controllerManager.stop()
	}
	if c.env != nil {
		failed = append(failed, c.env.Stop())
	}
	if errors.Join(failed...) == nil {
		failed = append(failed, os.RemoveAll(c.dir))
	}
	if c.guard != nil {
		failed = append(failed, c.guard.release())
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("stopping the control plane: %w", err)
	}
	return nil
}
