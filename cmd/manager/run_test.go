package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const authToken = "6c1d2f9a8be34750a1b2d3e4f5968770"

// log is written to by one goroutine and read by another.
type log struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.String()
}

// TestAManager follows one manager from its start to its end.
func TestAManager(t *testing.T) {
	cluster := controlplane.StartFor(t, controlplane.Options{CRDPaths: []string{"../../config/crd/bases"}})
	api := clientOf(t, cluster)
	watched, unwatched := declareIn(t, api, "watched"), declareIn(t, api, "unwatched")

	probes, metrics := controlplane.FreeAddress(t), controlplane.FreeAddress(t)
	running, end := context.WithCancel(t.Context())
	defer end()
	said, ended := &log{}, make(chan error, 1)
	go func() {
		ended <- run(running, []string{
			"--kubeconfig=" + cluster.Kubeconfig(), "--watch-namespaces=watched", "--log-level=debug",
			"--leader-elect", "--leader-election-namespace=default",
			"--health-probe-bind-address=" + probes, "--metrics-bind-address=" + metrics, "--metrics-secure=false",
		}, said)
	}()

	token := awaitToken(t, api, watched)
	if parsed, err := capability.Verify(token, authToken, time.Now()); err != nil || parsed.Grant.ClientName != "tommy.tester" {
		t.Errorf("the token says %+v (%v)", parsed.Grant, err)
	}
	if err := api.Get(t.Context(), unwatched, &corev1.Secret{}); !apierrors.IsNotFound(err) {
		t.Errorf("it works in a namespace that it was not told to watch: %v", err)
	}
	for _, path := range []string{probes + "/healthz", probes + "/readyz"} {
		if _, err := get(t, path); err != nil {
			t.Error(err)
		}
	}
	page, err := get(t, metrics+"/metrics")
	if err != nil || !strings.Contains(page, `capability_operator_tokens_minted_total{cause="FirstIssue"} 1`) {
		t.Errorf("the metrics (%v) don't count the token:\n%s", err, page)
	}

	end()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("it does not end:\n%s", said)
	}
	var lease coordinationv1.Lease
	if err := api.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: operatorName}, &lease); err != nil {
		t.Fatal(err)
	}
	if holder := lease.Spec.HolderIdentity; holder != nil && *holder != "" {
		t.Errorf("the next leader has to wait: the lease is still held by %s", *holder)
	}
	for _, secret := range append(strings.Split(token, "."), authToken) {
		if strings.Contains(said.String()+page, secret) {
			t.Error("a log or metric tells a secret")
		}
	}
}

func clientOf(t *testing.T, cluster *controlplane.Cluster) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	api, err := client.New(cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func declareIn(t *testing.T, api client.Client, namespace string) client.ObjectKey {
	t.Helper()
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: "twilio",
				Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
			},
			StringData: map[string]string{
				v1alpha1.DefaultAccountSIDKey: "AC0123456789abcdef0123456789abcdef",
				v1alpha1.DefaultAuthTokenKey:  authToken,
			},
		},
		&v1alpha1.ClientCapability{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "tommy"},
			Spec: v1alpha1.ClientCapabilitySpec{
				AccountRef: v1alpha1.AccountReference{Name: "twilio"}, ClientName: "tommy.tester", Incoming: true,
			},
		},
	} {
		if err := api.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	return client.ObjectKey{Namespace: namespace, Name: "tommy"}
}

func awaitToken(t *testing.T, api client.Client, key client.ObjectKey) string {
	t.Helper()
	secret := &corev1.Secret{}
	there := func(ctx context.Context) (bool, error) {
		err := api.Get(ctx, key, secret)
		return err == nil, client.IgnoreNotFound(err)
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 30*time.Second, true, there); err != nil {
		t.Fatalf("there is no token: %v", err)
	}
	return string(secret.Data[v1alpha1.DefaultTokenKey])
}

func get(t *testing.T, address string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", address, response.Status, body)
	}
	return string(body), err
}
