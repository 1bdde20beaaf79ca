package main

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokensv1alpha1 "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestANamespaceThatMayNotBeReadHoldsUpNoOtherAndIsServedOnceItMay(t *testing.T) {
	w := newWorld(t)
	w.declare(t)
	w.install(t)
	w.confineTo(t, "support")
	w.register(t)
	w.declareInSales(t)
	running, end := context.WithCancel(t.Context())
	defer end()
	started := process(running, "--kubeconfig="+w.own.Kubeconfig, "--bind-address="+w.address, "--cert-namespace=capability-operator-system",
		"--watch-namespaces=support,sales", "--cluster-accounts=false")
	started.Stdout, started.Stderr = w.log, w.log
	if err := started.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(); _ = started.Wait() })
	published := client.ObjectKey{Namespace: "capability-operator-system", Name: "tokenserver-ca"}
	eventually(t, 30*time.Second, func() bool { return w.api.Get(t.Context(), published, &corev1.ConfigMap{}) == nil }, w.log.String)

	straight, bearer := w.straight(t), w.tokenOf(t, "app", "capability-operator")
	inSales := func() answer { return straight.do(t, http.MethodPost, tokenPath("sales", "tommy"), `{}`, bearer) }
	eventually(t, 30*time.Second, func() bool { return straight.ask(t, "tommy", `{}`, bearer).code == http.StatusCreated }, w.log.String)
	eventually(t, 10*time.Second, func() bool { return straight.do(t, http.MethodGet, "/readyz", "", bearer).code == http.StatusOK }, w.log.String)
	inSales().mustBe(t, http.StatusServiceUnavailable, "has not read the namespace")

	w.mayRead(t, "sales")
	eventually(t, time.Minute, func() bool { return inSales().code == http.StatusCreated }, w.log.String)
	inSales().verified(t)
}

// confineTo leaves the token server the right to read in one namespace alone.
func (w *world) confineTo(t *testing.T, namespace string) {
	t.Helper()
	role := &rbacv1.ClusterRole{}
	if err := w.api.Get(t.Context(), client.ObjectKey{Name: "capability-operator-tokenserver"}, role); err != nil {
		t.Fatal(err)
	}
	role.Rules = slices.DeleteFunc(role.Rules, func(rule rbacv1.PolicyRule) bool { return slices.Equal(rule.Verbs, reading.Verbs) })
	if err := w.api.Update(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	w.mayRead(t, namespace)
}

var reading = rbacv1.PolicyRule{
	APIGroups: []string{v1alpha1.GroupName, ""}, Resources: []string{"clientcapabilities", "secrets"}, Verbs: []string{"list", "watch"},
}

func (w *world) mayRead(t *testing.T, namespace string) {
	t.Helper()
	create(t, w.api,
		&rbacv1.Role{ObjectMeta: named(namespace, "tokenserver"), Rules: []rbacv1.PolicyRule{reading}},
		&rbacv1.RoleBinding{
			ObjectMeta: named(namespace, "tokenserver"),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "tokenserver"},
			Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "capability-operator-system", Name: "voice-tokenserver"}},
		})
}

// declareInSales copies what is declared in support, for the same caller.
func (w *world) declareInSales(t *testing.T) {
	t.Helper()
	secret, tommy := &corev1.Secret{}, &v1alpha1.ClientCapability{}
	for name, object := range map[string]client.Object{"twilio": secret, "tommy": tommy} {
		if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: "support", Name: name}, object); err != nil {
			t.Fatal(err)
		}
	}
	copied := &corev1.Secret{ObjectMeta: named("sales", "twilio"), Data: secret.Data}
	copied.Labels = secret.Labels
	create(t, w.api,
		&corev1.Namespace{ObjectMeta: named("", "sales")}, copied,
		&v1alpha1.ClientCapability{ObjectMeta: named("sales", "tommy"), Spec: tommy.Spec},
		&rbacv1.Role{ObjectMeta: named("sales", "tommy"), Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{tokensv1alpha1.GroupName}, Resources: []string{"clientcapabilities/token"}, Verbs: []string{"create"},
		}}},
		&rbacv1.RoleBinding{
			ObjectMeta: named("sales", "app-tommy"), RoleRef: binding().RoleRef, Subjects: binding().Subjects,
		})
}
