package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
	"github.com/capability-operator/capability-operator/tokenserver/certificate"
)

// journal is written to by one goroutine and read by another.
type journal struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.Write(p)
}

func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.String()
}

// world is a control plane with a token server behind it.
type world struct {
	cluster *controlplane.Cluster
	api     client.Client
	// own is the token server's ServiceAccount, with the rights of config/ondemand.
	own     *controlplane.User
	address string
	log     *journal
	// end tells the token server to end, and ended says how it did.
	end   context.CancelFunc
	ended chan error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{address: controlplane.FreeAddress(t), log: &journal{}, ended: make(chan error, 1)}
	w.cluster = controlplane.StartFor(t, controlplane.Options{
		CRDPaths: []string{"../../config/crd/bases"}, FrontProxy: true,
	})
	w.api = clientOf(t, w.cluster.Config)
	return w
}

// install applies config/ondemand, but for what a node and a network are needed
// for.
func (w *world) install(t *testing.T) {
	t.Helper()
	manifests, err := exec.CommandContext(t.Context(), w.cluster.KubectlPath(), "kustomize", "../../config/ondemand").Output()
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(manifests), "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
			t.Fatal(err)
		}
		switch object.GetKind() {
		case "Deployment", "PodDisruptionBudget", "Service", "APIService":
		default:
			create(t, w.api, object)
		}
	}
	w.own, err = w.cluster.AddUser(t.Context(), envtest.User{
		Name: "system:serviceaccount:capability-operator-system:voice-tokenserver", Groups: []string{"system:serviceaccounts"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a token server, to be ended by stop.
func (w *world) start(t *testing.T, more ...string) {
	t.Helper()
	running, end := context.WithCancel(t.Context())
	w.end = end
	go func() {
		w.ended <- run(running, append([]string{
			"--kubeconfig=" + w.own.Kubeconfig, "--bind-address=" + w.address, "--log-level=debug", "--cert-namespace=capability-operator-system",
		}, more...), w.log)
	}()
	// From here on it changes nothing any more that the test's own client uses too: the libraries' logger.
	eventually(t, 10*time.Second, func() bool { return strings.Contains(w.log.String(), "Listening") }, w.log.String)
}

func (w *world) stop(t *testing.T) {
	t.Helper()
	w.end()
	select {
	case err := <-w.ended:
		if err != nil {
			t.Errorf("it ended with: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not end:\n%s", w.log)
	}
}

// register has the API server know the token server. An address of a Service can't
// be this machine's loopback, but the name that a Service stands for can.
func (w *world) register(t *testing.T) {
	t.Helper()
	_, port, err := net.SplitHostPort(w.address)
	if err != nil {
		t.Fatal(err)
	}
	number, ok := new(big.Int).SetString(port, 10)
	if !ok {
		t.Fatal(port)
	}
	create(t, w.api, &corev1.Service{
		ObjectMeta: named("capability-operator-system", "tokenserver"),
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	})
	registered := certificate.APIService()
	registered.SetName("v1alpha1.tokens.voice.capability-operator.io")
	registered.Object["spec"] = map[string]any{
		"group": "tokens.voice.capability-operator.io", "version": "v1alpha1",
		"groupPriorityMinimum": int64(100), "versionPriority": int64(15),
		"service": map[string]any{"namespace": "capability-operator-system", "name": "tokenserver", "port": number.Int64()},
	}
	create(t, w.api, registered)
}

func (w *world) awaitAvailable(t *testing.T) {
	t.Helper()
	registered := certificate.APIService()
	eventually(t, time.Minute, func() bool {
		if err := w.api.Get(t.Context(), client.ObjectKey{Name: "v1alpha1.tokens.voice.capability-operator.io"}, registered); err != nil {
			return false
		}
		conditions, _, _ := unstructured.NestedSlice(registered.Object, "status", "conditions")
		for _, one := range conditions {
			if c, ok := one.(map[string]any); ok && c["type"] == "Available" && c["status"] == "True" {
				return true
			}
		}
		return false
	}, func() string { return w.log.String() })
}

func eventually(t *testing.T, within time.Duration, ask func() bool, otherwise func() string) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, within, true,
		func(context.Context) (bool, error) { return ask(), nil })
	if err != nil {
		t.Fatalf("it did not come within %s:\n%s", within, otherwise())
	}
}

// signed is a certificate of the authority, or an authority where there is none.
func signed(t *testing.T, name string, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true, IsCA: authority == nil,
	}
	if authority == nil {
		authority, authorityKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), authorityKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func clientOf(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, rbacv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	api, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return api
}
