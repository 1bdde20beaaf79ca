package rbac_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// operator is an installed one: its ServiceAccount, and the real program that runs by a token of it, as in a pod.
type operator struct {
	t                  *testing.T
	namespace, account string
	output             *output
	since              int64 // of the audit log
}

// user is the name that the API server knows the operator by.
func (o *operator) user() string { return "system:serviceaccount:" + o.namespace + ":" + o.account }

// run starts the manager, which ends with the test.
func (o *operator) run(flags ...string) {
	o.t.Helper()
	o.start("manager", append([]string{"--leader-election-namespace=" + o.namespace}, flags...)...)
}

// start runs one of the programs by a token of the ServiceAccount until the test ends.
func (o *operator) start(program string, flags ...string) {
	o.t.Helper()
	running, kill := context.WithCancel(context.Background())
	started := exec.CommandContext(running, pathOf(program), append([]string{"--kubeconfig=" + o.kubeconfig()}, flags...)...)
	started.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt ends the test, which ends it
	o.output, o.since = &output{}, auditedSoFar(o.t)
	started.Stdout, started.Stderr = o.output, o.output
	if err := started.Start(); err != nil {
		kill()
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		kill()
		_ = started.Wait() // says that it was killed
		if o.t.Failed() {
			o.t.Logf("the log of the %s:\n%s", program, o.output)
		}
	})
}

// token is one of the ServiceAccount, as the API server gives it for a pod.
func (o *operator) token() string {
	o.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: o.account}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	if err := objects.SubResource("token").Create(o.t.Context(), account, request); err != nil {
		o.t.Fatal(err)
	}
	return request.Status.Token
}

// stolen is a client of whoever has stolen such a token.
func (o *operator) stolen() client.Client {
	o.t.Helper()
	config := rest.AnonymousClientConfig(cluster.Config)
	config.BearerToken, config.QPS = o.token(), -1
	stolen, err := client.New(config, client.Options{Scheme: objects.Scheme(), Mapper: objects.RESTMapper()})
	if err != nil {
		o.t.Fatal(err)
	}
	return stolen
}

// kubeconfig is a file with such a token.
func (o *operator) kubeconfig() string {
	o.t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{
		Server: cluster.Config.Host, CertificateAuthorityData: cluster.Config.CAData,
	}
	config.AuthInfos["manager"] = &clientcmdapi.AuthInfo{Token: o.token()}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "manager"}
	config.CurrentContext = "test"
	path := filepath.Join(o.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// refusals are the rights that the API server missed in the manager's requests.
func (o *operator) refusals() ([]right, error) {
	made, err := requests(o.user(), o.since)
	var refused []right
	for _, request := range made {
		if request.refused && !slices.Contains(refused, request.right) {
			refused = append(refused, request.right)
		}
	}
	return refused, err
}

var errNotRefused = errors.New("the API server has not refused it yet")

// refused is nil once the API server has refused what was taken away.
func (o *operator) refused(without right) error {
	refused, err := o.refusals()
	if err == nil && !slices.ContainsFunc(refused, without.covers) {
		err = errNotRefused
	}
	return err
}

// output is what a program has printed so far.
type output struct {
	mu      sync.Mutex
	printed bytes.Buffer
}

func (o *output) Write(printed []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.printed.Write(printed)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.printed.String()
}
