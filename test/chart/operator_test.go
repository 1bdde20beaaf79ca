package chart_test

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// operator is one of the real programs, with the flags and the ServiceAccount that the release has given it.
type operator struct {
	user string
	stop func()

	mu      sync.Mutex
	printed bytes.Buffer
}

func (o *operator) Write(printed []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.printed.Write(printed)
}

// runOperator starts it as the release's Deployment would, but for its ports.
func runOperator(t *testing.T) *operator {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := objects.Get(t.Context(), client.ObjectKey{Namespace: home, Name: release}, deployment); err != nil {
		t.Fatal(err)
	}
	account := deployment.Spec.Template.Spec.ServiceAccountName
	o := &operator{user: "system:serviceaccount:" + home + ":" + account}
	flags := append([]string{"--kubeconfig=" + kubeconfigOf(t, account)}, deployment.Spec.Template.Spec.Containers[0].Args...)
	o.start(t, "manager", append(flags, "--leader-election-namespace="+home, "--metrics-bind-address=0", "--health-probe-bind-address=0"))
	return o
}

// start runs the program until the test ends.
func (o *operator) start(t *testing.T, program string, flags []string) {
	t.Helper()
	running, kill := context.WithCancel(context.Background())
	started := exec.CommandContext(running, filepath.Join(dir, program), flags...)
	started.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt ends the test, which ends it
	started.Cancel = func() error { return started.Process.Signal(syscall.SIGTERM) }
	started.Stdout, started.Stderr = o, o
	if err := started.Start(); err != nil {
		kill()
		t.Fatal(err)
	}
	o.stop = sync.OnceFunc(func() {
		kill()
		_ = started.Wait() // says that it was told to end
	})
	t.Cleanup(func() {
		o.stop()
		if t.Failed() {
			t.Logf("the log of the %s:\n%s", program, &o.printed)
		}
	})
}

// refusals are lines of its log about what the API server has refused it.
func (o *operator) refusals() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var refused []string
	for line := range strings.Lines(o.printed.String()) {
		if strings.Contains(line, "forbidden") {
			refused = append(refused, line)
		}
	}
	return strings.Join(refused, "")
}

// kubeconfigOf is a file with a token of the ServiceAccount, as a pod has.
func kubeconfigOf(t *testing.T, name string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: name}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	if err := objects.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: cluster.Config.Host, CertificateAuthorityData: cluster.Config.CAData}
	config.AuthInfos["operator"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "operator"}
	config.CurrentContext = "test"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
