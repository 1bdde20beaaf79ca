package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// controllers are those that a namespaced operator's users meet. Anything that runs pods stays out: there is no node.
var controllers = []string{
	"garbage-collector-controller",
	"namespace-controller",
	"resourcequota-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"clusterrole-aggregation-controller",
	"validatingadmissionpolicy-status-controller",
}

type controllerManager struct {
	kill   context.CancelFunc
	exited chan struct{}
}

func startControllerManager(ctx context.Context, cluster *Cluster, found programs, output *output) (*controllerManager, error) {
	running, kill := context.WithCancel(context.WithoutCancel(ctx))
	child := exec.CommandContext(running, found.path(kubeControllerManager),
		"--kubeconfig="+cluster.Kubeconfig(),
		"--controllers="+strings.Join(controllers, ","),
		"--service-account-private-key-file="+filepath.Join(cluster.env.ControlPlane.APIServer.CertDir, "sa-signer.key"),
		"--leader-elect=false",
		"--secure-port=0", // it has nothing to say that the programs' own output doesn't
		"--kube-api-qps=500", "--kube-api-burst=1000",
	)
	child.SysProcAttr = ownProcessGroup()
	child.Stdout, child.Stderr = output, output
	if err := child.Start(); err != nil {
		kill()
		return nil, fmt.Errorf("starting kube-controller-manager: %w", err)
	}
	manager := &controllerManager{kill: kill, exited: make(chan struct{})}
	go func() {
		defer close(manager.exited)
		_ = child.Wait() // how it ended is in its output
	}()
	if err := manager.awaitWork(ctx, cluster); err != nil {
		manager.stop()
		return nil, fmt.Errorf("kube-controller-manager: %w%s", err, output.tail())
	}
	return manager, nil
}

// awaitWork returns when the controllers are seen at work: the default namespace has its ServiceAccount.
func (m *controllerManager) awaitWork(ctx context.Context, cluster *Cluster) error {
	api, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	done := func(ctx context.Context) (bool, error) {
		select {
		case <-m.exited:
			return false, errors.New("it ended before its controllers worked")
		default:
		}
		_, err := api.CoreV1().ServiceAccounts(corev1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	}
	if err := wait.PollUntilContextTimeout(ctx, pollInterval, startTimeout, true, done); err != nil {
		return fmt.Errorf("waiting for its first ServiceAccount: %w", err)
	}
	return nil
}

// stop kills it: without leader election there is nothing that it would hand over.
func (m *controllerManager) stop() {
	m.kill()
	<-m.exited
}
