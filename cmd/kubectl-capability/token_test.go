package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/tokenserver"
)

// counter is a token server, called straight, and somebody who calls it.
type counter struct {
	w      *world
	url    string
	bearer string
}

// newCounter starts the real token server, which asks the API server who calls and what
// they may do, and makes a ServiceAccount that may have tokens.
func newCounter(w *world) *counter {
	w.t.Helper()
	kube, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	w.t.Cleanup(stop)
	listening := httptest.NewUnstartedServer(nil)
	server, err := tokenserver.New(ctx, tokenserver.Config{
		Kubernetes: kube, Address: listening.Listener.Addr().String(), Clock: w.clock, Log: logr.Discard(),
		Issuer: &tokenserver.Issuer{Capabilities: w.api, Accounts: w.operator.Accounts, Holds: func(string) bool { return true }, Clock: w.clock},
		Synced: func() bool { return true },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	listening.Config.Handler = server.Handler()
	listening.StartTLS()
	w.t.Cleanup(listening.Close)

	named := metav1.ObjectMeta{Namespace: w.namespace, Name: "app"}
	w.create(&corev1.ServiceAccount{ObjectMeta: named})
	for _, object := range []interface{ GetName() string }{
		must(kube.RbacV1().Roles(w.namespace).Create(ctx, &rbacv1.Role{ObjectMeta: named, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{tokens.GroupName}, Resources: []string{"clientcapabilities/token"}, Verbs: []string{"create"}, ResourceNames: []string{tommy, "nobody"},
		}}}, metav1.CreateOptions{})),
		must(kube.RbacV1().RoleBindings(w.namespace).Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: named, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "app"},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: w.namespace, Name: "app"}},
		}, metav1.CreateOptions{})),
	} {
		if object.GetName() != "app" {
			w.t.Fatal(object)
		}
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{tokenserver.Audience}}}
	granted, err := kube.CoreV1().ServiceAccounts(w.namespace).CreateToken(ctx, "app", request, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	c := &counter{w: w, url: listening.URL, bearer: granted.Status.Token}
	w.eventually("the role is in force", func() bool { return !strings.Contains(c.call("token nobody").text, "may not create") })
	return c
}

func (c *counter) call(arguments string) answer {
	c.w.t.Helper()
	both, out := &bytes.Buffer{}, &bytes.Buffer{}
	args := append(strings.Fields(arguments), "--kubeconfig=/dev/null", "--server="+c.url, "--insecure-skip-tls-verify", "--token="+c.bearer, "--namespace="+c.w.namespace)
	code := run(c.w.t.Context(), newCommand(args, genericiooptions.IOStreams{Out: tee{both, out}, ErrOut: both}, func(string) string { return "" }, c.w.clock))
	return answer{text: both.String(), out: out.String(), code: code}
}

func onDemand(c *v1alpha1.ClientCapability) {
	c.Spec.Delivery, c.Spec.OnDemand = v1alpha1.DeliveryOnDemand, &v1alpha1.OnDemand{ClientNamePattern: "agent-[0-9]+"}
}

func TestTokenPrintsATokenAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration(onDemand))
	c := newCounter(w)
	for command, want := range map[string]struct {
		name string
		ttl  time.Duration
	}{
		"token tommy":          {tommy, time.Hour},
		"token tommy --ttl 5s": {tommy, 5 * time.Second},
		"token tommy --client-name agent-7 --ttl=1m30s": {"agent-7", 90 * time.Second},
	} {
		got := c.call(command)
		token, err := capability.Verify(strings.TrimSuffix(got.out, "\n"), authToken, w.clock.Now())
		if err != nil || got.code != exitDone || got.text != got.out {
			t.Errorf("%s: %v, code %d", command, err, got.code)
			continue
		}
		if token.Grant.ClientName != want.name || token.ExpiresAt.Sub(token.IssuedAt) != want.ttl {
			t.Errorf("%s gives %+v", command, token)
		}
	}
	whole := &tokens.TokenRequest{}
	got := c.call("token tommy --ttl 5s -o json")
	if err := json.Unmarshal([]byte(got.out), whole); err != nil || whole.Status.Token == "" || whole.Status.ExpiresAt.IsZero() || whole.Kind != "TokenRequest" {
		t.Errorf("as JSON it is %v, %+v", err, whole.ObjectMeta)
	}
}

func TestTokenSaysWhyThereIsNone(t *testing.T) {
	w := newWorld(t)
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration(onDemand))
	c := newCounter(w)
	for command, want := range map[string]struct {
		code int
		says string
	}{
		"token tommy --ttl 2h":            {exitFailed, "does not grant that: spec.ttl must be at most 1h, the ttl of the ClientCapability"},
		"token tommy --ttl never":         {exitFailed, "spec.ttl"},
		"token tommy --client-name sarah": {exitFailed, "spec.clientName must match the spec.onDemand.clientNamePattern of the ClientCapability, in full"},
		"token nobody":                    {exitFailed, `there is no ClientCapability "nobody" in the namespace`},
		"token desk":                      {exitFailed, "you may not create a token of ClientCapability desk"},
	} {
		if got := c.call(command); got.code != want.code || !strings.Contains(got.text, want.says) {
			t.Errorf("%s ends with %d:\n%s", command, got.code, got.text)
		}
	}
	w.change(func(c *v1alpha1.ClientCapability) { c.Spec.Suspend = true })
	got := c.call("token tommy")
	if got.code != exitFault || got.out != "" || !strings.Contains(got.text, "grants no token at present: Suspended") || !strings.Contains(got.text, "set it to false to go on") {
		t.Errorf("it ends with %d:\n%s", got.code, got.text)
	}
}

func TestTokenSaysWhereThereIsNoTokenServer(t *testing.T) {
	w := newWorld(t)
	w.issued()
	got := w.call("token tommy -n " + w.namespace)
	if got.code != exitFailed || !strings.Contains(got.text, "tokens on demand are not installed in this cluster (kubectl apply -k config/ondemand)") {
		t.Errorf("it ends with %d:\n%s", got.code, got.text)
	}
}
