package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
)

const (
	accountSID     = "AC0123456789abcdef0123456789abcdef"
	authToken      = "6c1d2f9a8be34750a1b2d3e4f5968770"
	keySID         = "SK0123456789abcdef0123456789abcdef"
	keySecret      = "Kq3vT9xZ1bN7mW5cR8yD2fG6hJ4pL0sA"
	applicationSID = "AP0123456789abcdef0123456789abcdef"

	tommy  = "tommy"
	twilio = "twilio"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// worlds counts them: each has names of its own, which are as long as those that
// transcripts show in their place.
var worlds atomic.Int32

// world is one namespace, for which time stands still, with the real reconcilers: one
// pass over an object is made where a test says so.
type world struct {
	t     *testing.T
	api   client.WithWatch
	clock *clocktesting.FakePassiveClock

	// namespace stands for support, platform for voice-platform and account, a
	// ClusterAccount's name, for production.
	namespace, platform, account string

	operator *controllers.Reconciler
	owner    *controllers.AccountReconciler
	secrets  []string
	as       string // the kubeconfig of who calls
}

func newWorld(t *testing.T) *world {
	t.Helper()
	n := worlds.Add(1)
	w := &world{
		t: t, api: clientOf(t), clock: clocktesting.NewFakePassiveClock(noon), as: cluster.Kubeconfig(),
		namespace: fmt.Sprintf("supp%03d", n), platform: fmt.Sprintf("voice-platf%03d", n), account: fmt.Sprintf("product%03d", n),
	}
	for _, name := range []string{w.namespace, w.platform} {
		w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	recorder := &recorder{api: w.api, clock: w.clock}
	found := &accounts.Finder{Secrets: w.api, Cluster: w.api}
	w.operator = &controllers.Reconciler{
		Reader: indexed{w.api}, Live: w.api, Client: w.api, Accounts: found, Recorder: recorder, Clock: w.clock,
		AllowedPrefixes: []string{"reloader.stakater.com/"},
	}
	w.owner = &controllers.AccountReconciler{
		Reader: w.api, Accounts: found, Client: w.api, Recorder: recorder, Clock: w.clock, Lease: controllers.NewLease(nil),
	}
	return w
}

func clientOf(t *testing.T) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, eventsv1.AddToScheme, admissionv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	api, err := client.NewWithWatch(cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func (w *world) create(object client.Object, options ...client.CreateOption) {
	w.t.Helper()
	if err := w.api.Create(w.t.Context(), object, options...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) update(object client.Object, change func()) {
	w.t.Helper()
	if err := w.api.Get(w.t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		w.t.Fatal(err)
	}
	change()
	if err := w.api.Update(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) delete(object client.Object) {
	w.t.Helper()
	if err := w.api.Delete(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}

// account is a labelled Secret with an AuthToken, in the world's namespace or the
// platform team's.
func (w *world) accountSecret(namespace string, change ...func(map[string]string)) *corev1.Secret {
	data := map[string]string{v1alpha1.DefaultAccountSIDKey: accountSID, v1alpha1.DefaultAuthTokenKey: authToken}
	for _, f := range change {
		f(data)
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: twilio, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue}},
		StringData: data,
	}
}

// withKey adds an API key.
func withKey(data map[string]string) {
	data[v1alpha1.DefaultAPIKeyKey], data[v1alpha1.DefaultAPISecretKey] = keySID, keySecret
}

// declaration is tommy's, or what the changes make of it.
func (w *world) declaration(change ...func(*v1alpha1.ClientCapability)) *v1alpha1.ClientCapability {
	c := &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: tommy},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: twilio},
			ClientName: tommy, Incoming: true, TTL: "1h",
			Outgoing: &v1alpha1.Outgoing{ApplicationSID: applicationSID, Params: map[string]v1alpha1.ParamValue{"team": "support"}},
		},
	}
	for _, f := range change {
		f(c)
	}
	return c
}

// lend makes the ClusterAccount, whose Secret is the platform team's.
func (w *world) lend(change ...func(*v1alpha1.ClusterAccountSpec)) {
	w.t.Helper()
	lent := &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: w.account}}
	lent.Spec.SecretRef = v1alpha1.ClusterSecretReference{Namespace: w.platform, Name: twilio}
	lent.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Names: []v1alpha1.NamespaceName{v1alpha1.NamespaceName(w.namespace)}}
	for _, f := range change {
		f(&lent.Spec)
	}
	w.create(lent)
	w.t.Cleanup(func() { _ = w.api.Delete(context.WithoutCancel(w.t.Context()), lent) })
}

// lent has a capability use the ClusterAccount.
func (w *world) lent(c *v1alpha1.ClientCapability) {
	c.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: w.account}
}

// pass has the operator make a pass over the objects of these names, tommy without any.
func (w *world) pass(names ...string) {
	w.t.Helper()
	if len(names) == 0 {
		names = []string{tommy}
	}
	for _, name := range names {
		key := types.NamespacedName{Namespace: w.namespace, Name: name}
		if _, err := w.operator.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: key}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.noteSecrets()
}

// look has the operator make a pass over the ClusterAccount.
func (w *world) look() {
	w.t.Helper()
	if _, err := w.owner.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: w.account}}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) step(d time.Duration) { w.clock.SetTime(w.clock.Now().Add(d)) }

func (w *world) object() *v1alpha1.ClientCapability {
	w.t.Helper()
	c := &v1alpha1.ClientCapability{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: tommy}, c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) secret() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: tommy}}
}

// eventually waits for what somebody else brings about.
func (w *world) eventually(what string, ask func() bool) {
	w.t.Helper()
	err := wait.PollUntilContextTimeout(w.t.Context(), 20*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) { return ask(), nil })
	if err != nil {
		w.t.Fatalf("it did not come: %s", what)
	}
}
