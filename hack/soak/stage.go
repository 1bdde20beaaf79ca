package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	operatorNamespace = "capability-operator-system"
	operatorAccount   = "capability-operator"
)

// stage is a control plane with the operator installed by config/default. No kubelet runs, so the Deployment in there
// starts nothing.
type stage struct {
	options
	findings *findings
	cluster  *controlplane.Cluster
	dir      string
	admin    client.WithWatch
	metrics  rest.Interface // of the API server
	// kubeconfig has the rights of the operator's ServiceAccount, by a token of it, as in a pod.
	kubeconfig string
	// serving is held by whoever needs the API server, and taken away by whoever stops it.
	serving sync.RWMutex
}

func newStage(ctx context.Context, o options) (*stage, error) {
	if err := os.MkdirAll(o.out, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of what is kept: %w", err)
	}
	// The garbage collector is what removes the Secret of a deleted object. It has to know of our kinds from the start: it
	// looks for new ones every half minute, and its watches of them would seem to be growth.
	cluster, err := controlplane.Start(ctx, controlplane.Options{
		ControllerManager: true,
		CRDPaths:          []string{filepath.Join(o.repository, "config", "crd", "bases")},
	})
	if err != nil {
		return nil, err
	}
	s := &stage{options: o, cluster: cluster, findings: &findings{begun: o.begun, say: o.say}}
	if err := s.furnish(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) close() error { return errors.Join(s.cluster.Stop(), os.RemoveAll(s.dir)) }

func (s *stage) furnish(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "capability-operator-soak-"); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	quiet := rest.CopyConfig(s.cluster.Config)
	quiet.WarningHandler = rest.NoWarnings{} // lifetimes as short as here are warned of
	if s.admin, err = newClient(quiet); err != nil {
		return err
	}
	clientset, err := kubernetes.NewForConfig(quiet)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	s.metrics = clientset.RESTClient()
	for _, args := range [][]string{
		{"apply", "--server-side", "-k", filepath.Join(s.repository, "config", "default")},
		{"wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"},
	} {
		command := exec.CommandContext(ctx, s.cluster.KubectlPath(), args...)
		command.Env = append(os.Environ(), "KUBECONFIG="+s.cluster.Kubeconfig(), "HOME="+s.dir)
		if printed, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("kubectl %v: %w\n%s", args, err, printed)
		}
	}
	return s.impersonate(ctx)
}

// impersonate makes the kubeconfig of the operator's ServiceAccount and waits until its rights are in force.
func (s *stage) impersonate(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: operatorAccount}}
	lasts := int64((s.period + time.Hour) / time.Second)
	asked := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &lasts}}
	if err := s.admin.SubResource("token").Create(ctx, account, asked); err != nil {
		return fmt.Errorf("asking for a token of the ServiceAccount: %w", err)
	}
	const name = "operator"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: s.cluster.Config.Host, CertificateAuthorityData: s.cluster.Config.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: asked.Status.Token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	s.kubeconfig = filepath.Join(s.dir, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, s.kubeconfig); err != nil {
		return fmt.Errorf("writing a kubeconfig: %w", err)
	}
	own, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err != nil {
		return fmt.Errorf("reading a kubeconfig: %w", err)
	}
	api, err := newClient(own)
	if err != nil {
		return err
	}
	var last error
	permitted := func(ctx context.Context) (bool, error) {
		last = errors.Join(api.List(ctx, &v1alpha1.ClientCapabilityList{}), api.List(ctx, &corev1.SecretList{}))
		return last == nil, nil
	}
	if err := wait.PollUntilContextTimeout(ctx, judgeEvery, time.Minute, true, permitted); err != nil {
		return fmt.Errorf("waiting for the operator's rights: %w", errors.Join(err, last))
	}
	return nil
}

func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	api, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return api, nil
}

// pause lets time pass; it fails where ctx ends first.
func pause(ctx context.Context, period time.Duration) error {
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
