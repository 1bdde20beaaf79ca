package installed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// Namespace is the operator's.
const Namespace = "capability-operator-system"

const (
	account   = "capability-operator"
	pollEvery = 100 * time.Millisecond
)

// Operator is the operator, installed and not at work yet.
type Operator struct {
	// Admin may do everything.
	Admin client.WithWatch
	// Metrics asks the API server for its metrics.
	Metrics rest.Interface
	// Kubeconfig is the path of a file with the rights of the operator's ServiceAccount.
	Kubeconfig string
}

// Install applies config/default of a checkout and returns when the rights of the operator's ServiceAccount are in force.
// The folder is for its files; its token is good for as long as is said.
func Install(ctx context.Context, on *controlplane.Cluster, checkout, folder string, lasts time.Duration) (*Operator, error) {
	o := &Operator{Kubeconfig: filepath.Join(folder, "kubeconfig")}
	quiet := rest.CopyConfig(on.Config)
	quiet.WarningHandler = rest.NoWarnings{} // lifetimes as short as here are warned of
	var err error
	if o.Admin, err = NewClient(quiet); err != nil {
		return nil, err
	}
	clientset, err := kubernetes.NewForConfig(quiet)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	o.Metrics = clientset.RESTClient()
	for _, args := range [][]string{
		{"apply", "--server-side", "-k", filepath.Join(checkout, "config", "default")},
		{"wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"},
	} {
		if err := kubectl(ctx, on, folder, args...); err != nil {
			return nil, err
		}
	}
	if err := o.writeKubeconfig(ctx, on, lasts); err != nil {
		return nil, err
	}
	if err := o.awaitRights(ctx); err != nil {
		return nil, err
	}
	return o, nil
}

func kubectl(ctx context.Context, on *controlplane.Cluster, folder string, args ...string) error {
	command := exec.CommandContext(ctx, on.KubectlPath(), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+on.Kubeconfig(), "HOME="+folder)
	if printed, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %v: %w\n%s", args, err, printed)
	}
	return nil
}

func (o *Operator) writeKubeconfig(ctx context.Context, on *controlplane.Cluster, lasts time.Duration) error {
	who := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: account}}
	asked := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(lasts / time.Second))}}
	if err := o.Admin.SubResource("token").Create(ctx, who, asked); err != nil {
		return fmt.Errorf("asking for a token of the ServiceAccount: %w", err)
	}
	const name = "operator"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: on.Config.Host, CertificateAuthorityData: on.Config.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: asked.Status.Token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, o.Kubeconfig); err != nil {
		return fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return nil
}

func (o *Operator) awaitRights(ctx context.Context) error {
	config, err := ConfigOf(o.Kubeconfig)
	if err != nil {
		return err
	}
	api, err := NewClient(config)
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

// ConfigOf has no limit on the client's side, as the operator's own has none.
func ConfigOf(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading a kubeconfig: %w", err)
	}
	config.QPS = -1
	return config, nil
}

// NewClient knows the operator's kinds and Kubernetes' own.
func NewClient(config *rest.Config) (client.WithWatch, error) {
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
