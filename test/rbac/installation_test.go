package rbac_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// installation is config/rbac in a namespace of its own, less what was taken away, and a manager that works in that
// namespace.
type installation struct {
	t         *testing.T
	namespace string
	account   *corev1.ServiceAccount
	output    *output
}

// install applies the roles without the right that is taken away; the zero right takes nothing.
func install(t *testing.T, without right) *installation {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "rbac-"}}
	if err := objects.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	in := &installation{t: t, namespace: namespace.Name, output: &output{}}
	taken := false
	for _, object := range manifests(t, in.namespace) {
		switch manifest := object.(type) {
		case *corev1.ServiceAccount:
			in.account = manifest
		case *rbacv1.ClusterRole:
			manifest.Rules = less(manifest.Rules, without, &taken)
		case *rbacv1.Role:
			manifest.Rules = less(manifest.Rules, without, &taken)
		}
		if err := objects.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	if !taken && without != (right{}) {
		t.Fatalf("config/rbac does not grant %s", without)
	}
	return in
}

// manifests are those of config/rbac, built as an overlay builds them that has another namespace and other names.
func manifests(t *testing.T, namespace string) []client.Object {
	t.Helper()
	base, err := filepath.Abs(repository + "config/rbac")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if base, err = filepath.Rel(overlay, base); err != nil {
		t.Fatal(err)
	}
	kustomization := fmt.Sprintf("namespace: %s\nnameSuffix: -%s\nresources: [%s]\n", namespace, namespace, base)
	if err := os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	build := exec.CommandContext(t.Context(), cluster.KubectlPath(), "kustomize", overlay)
	build.Stderr = &complaints
	built, err := build.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	var list []client.Object
	for document := range strings.SplitSeq(string(built), "\n---\n") {
		list = append(list, decode(t, document))
	}
	return list
}

func decode(t *testing.T, document string) client.Object {
	t.Helper()
	read := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(document), &read.Object); err != nil {
		t.Fatal(err)
	}
	empty, err := objects.Scheme().New(read.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	typed, ok := empty.(client.Object)
	if !ok {
		t.Fatalf("%s is no object", read.GroupVersionKind())
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(read.Object, typed, true); err != nil {
		t.Fatal(err)
	}
	return typed
}

// user is the name that the API server knows the manager by.
func (in *installation) user() string {
	return "system:serviceaccount:" + in.namespace + ":" + in.account.Name
}

// run starts the manager with the flags of config/manager, in its own namespace alone.
func (in *installation) run() {
	in.t.Helper()
	running, kill := context.WithCancel(context.Background())
	manager := exec.CommandContext(running, managerPath(), "--kubeconfig="+in.kubeconfig(), "--leader-elect",
		"--leader-election-namespace="+in.namespace, "--watch-namespaces="+in.namespace, "--health-probe-bind-address=0")
	manager.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt ends the test, which ends it
	manager.Stdout, manager.Stderr = in.output, in.output
	if err := manager.Start(); err != nil {
		kill()
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() {
		kill()
		_ = manager.Wait() // says that it was killed
		if in.t.Failed() {
			in.t.Logf("the manager's log:\n%s", in.output)
		}
	})
}

// kubeconfig is a file with a token of the ServiceAccount, as the API server gives it for a pod.
func (in *installation) kubeconfig() string {
	in.t.Helper()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	if err := objects.SubResource("token").Create(in.t.Context(), in.account, request); err != nil {
		in.t.Fatal(err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{
		Server: cluster.Config.Host, CertificateAuthorityData: cluster.Config.CAData,
	}
	config.AuthInfos["manager"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "manager"}
	config.CurrentContext = "test"
	path := filepath.Join(in.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		in.t.Fatal(err)
	}
	return path
}

// refusals are the rights that the API server missed in the manager's requests.
func (in *installation) refusals() ([]right, error) {
	made, err := requests(in.user())
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
func (in *installation) refused(without right) error {
	refused, err := in.refusals()
	if err == nil && !slices.Contains(refused, without) {
		err = errNotRefused
	}
	return err
}

// output is what the manager has printed so far.
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
