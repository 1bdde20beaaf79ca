package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	// tenant is the namespace of all objects: one namespace with very many is the hardest case for who is new in it.
	tenant      = "support"
	accountName = "twilio"
)

// stage is a control plane with the operator installed by config/default and nobody at work yet. No kubelet runs, so the
// Deployment in there starts nothing.
type stage struct {
	setup
	cluster *controlplane.Cluster
	dir     string
	admin   client.WithWatch
	metrics rest.Interface // of the API server
	// kubeconfig has the rights of the operator's ServiceAccount, by a token of it, as in a pod.
	kubeconfig string
	config     *rest.Config // the same

	mu           sync.Mutex
	declarations map[string]*v1alpha1.ClientCapability // by name
}

func newStage(ctx context.Context, s setup) (*stage, error) {
	cluster, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return nil, err
	}
	st := &stage{setup: s, cluster: cluster, declarations: map[string]*v1alpha1.ClientCapability{}}
	if err := st.furnish(ctx); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

func (s *stage) close() error { return errors.Join(s.cluster.Stop(), os.RemoveAll(s.dir)) }

func (s *stage) furnish(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "capability-operator-bench-"); err != nil {
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
		if err := s.kubectl(ctx, args...); err != nil {
			return err
		}
	}
	if err := s.impersonate(ctx); err != nil {
		return err
	}
	return s.lodge(ctx)
}

func (s *stage) kubectl(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, s.cluster.KubectlPath(), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+s.cluster.Kubeconfig(), "HOME="+s.dir)
	if printed, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %v: %w\n%s", args, err, printed)
	}
	return nil
}

// impersonate makes the kubeconfig of the operator's ServiceAccount and waits until its rights are in force.
func (s *stage) impersonate(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: operatorAccount}}
	asked := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(6 * 3600))}}
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
	err := clientcmd.WriteToFile(*config, s.kubeconfig)
	if err != nil {
		return fmt.Errorf("writing a kubeconfig: %w", err)
	}
	if s.config, err = configOf(s.kubeconfig); err != nil {
		return err
	}
	api, err := newClient(s.config)
	if err != nil {
		return err
	}
	var last error
	permitted := func(ctx context.Context) (bool, error) {
		last = errors.Join(api.List(ctx, &v1alpha1.ClientCapabilityList{}), api.List(ctx, &corev1.SecretList{}))
		return last == nil, nil
	}
	if err := wait.PollUntilContextTimeout(ctx, pollEvery, time.Minute, true, permitted); err != nil {
		return fmt.Errorf("waiting for the operator's rights: %w", errors.Join(err, last))
	}
	return nil
}

// lodge makes the tenant's namespace with an account in it.
func (s *stage) lodge(ctx context.Context) error {
	sid, err := hex32()
	if err != nil {
		return err
	}
	token, err := hex32()
	if err != nil {
		return err
	}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: tenant, Name: accountName, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
			},
			StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: "AC" + sid, v1alpha1.DefaultAuthTokenKey: token},
		},
	} {
		if err := s.admin.Create(ctx, object); err != nil {
			return fmt.Errorf("making the tenant's namespace and account: %w", err)
		}
	}
	return nil
}

func hex32() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("making up a credential: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// configOf has no limit on the client's side, as the operator's own has none.
func configOf(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading a kubeconfig: %w", err)
	}
	config.QPS = -1
	return config, nil
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
