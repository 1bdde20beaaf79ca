package rbac_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// scope is where an operator works.
type scope struct {
	name  string
	roles []string // of config, that give it its rights
	flags func(namespace string) []string
}

var (
	// aNamedNamespace is the operator's own, so that many can be installed beside each other.
	aNamedNamespace = scope{
		name:  "in a named namespace",
		roles: []string{"rbac/own", "namespaced/tenant"},
		flags: func(namespace string) []string {
			return []string{"--watch-namespaces=" + namespace, "--cluster-accounts=false"}
		},
	}
	theWholeCluster = scope{
		name:  "in the whole cluster",
		roles: []string{"rbac"},
		flags: func(string) []string { return nil },
	}
	// servingMetrics is the named namespace again, with what config/metrics adds.
	servingMetrics = scope{
		name:  "serving metrics",
		roles: append([]string{"metrics/rbac"}, aNamedNamespace.roles...),
		flags: aNamedNamespace.flags,
	}
)

// parallel lets a test run beside others, where its operator does not work in the namespaces of others.
func (s *scope) parallel(t *testing.T) {
	if s != &theWholeCluster {
		t.Parallel()
	}
}

// installation is an operator in a namespace of its own, with the rights of its scope less what was taken away, and
// confined as every overlay confines it.
type installation struct {
	operator
	scope scope
	// metrics is where they are served, where they are, and scraper a token of who may read them.
	metrics, scraper string
}

// install applies the roles without the right that is taken away; the zero right takes nothing.
func install(t *testing.T, scope scope, without right) *installation {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "rbac-"}}
	create(t, namespace)
	in := &installation{operator: operator{t: t, namespace: namespace.Name}, scope: scope}
	taken := false
	for _, object := range in.manifests() {
		switch manifest := object.(type) {
		case *corev1.ServiceAccount:
			in.account = manifest.Name
		case *rbacv1.ClusterRole:
			manifest.Rules = less(manifest.Rules, without, &taken)
		case *rbacv1.Role:
			manifest.Rules = less(manifest.Rules, without, &taken)
		}
		lasting(t, object)
	}
	if !taken && without != (right{}) {
		t.Fatalf("the manifests do not grant %s", without)
	}
	return in
}

// manifests are built as an overlay builds them that has another namespace and other names.
func (in *installation) manifests() []client.Object {
	in.t.Helper()
	files := map[string]string{"operator/kustomization.yaml": fmt.Sprintf("namespace: %s\nnameSuffix: -%s\nresources:\n", in.namespace, in.namespace)}
	for _, folder := range append([]string{"confinement"}, in.scope.roles...) {
		files["operator/kustomization.yaml"] += "- ../capability-operator/config/" + folder + "\n"
	}
	return objectsIn(in.t, build(in.t, filepath.Join(beside(in.t, files), "operator")))
}

// run starts the manager with the flags of the manifests, but for the ports.
func (in *installation) run() {
	in.t.Helper()
	in.metrics = "0"
	if slices.Contains(in.scope.roles, "metrics/rbac") {
		in.metrics = controlplane.FreeAddress(in.t)
	}
	in.operator.run(append(in.scope.flags(in.namespace), "--leader-elect", "--health-probe-bind-address=0", "--metrics-bind-address="+in.metrics)...)
}

// remove is for the end of a test, when its own context has ended.
func remove(t *testing.T, object client.Object) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := client.IgnoreNotFound(objects.Delete(ctx, object)); err != nil {
		t.Error(err)
	}
}

func (in *installation) meta(name string) metav1.ObjectMeta { return named(in.namespace, name) }

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// twilio is a labelled account.
func twilio(namespace string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "twilio", Labels: map[string]string{
			v1alpha1.AccountLabel: v1alpha1.AccountLabelValue,
		}},
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: accountSID, v1alpha1.DefaultAuthTokenKey: authToken},
	}
}

// tommy declares that tommy be called, by the account beside it.
func tommy(namespace string) *v1alpha1.ClientCapability {
	return &v1alpha1.ClientCapability{ObjectMeta: named(namespace, "tommy"), Spec: v1alpha1.ClientCapabilitySpec{
		AccountRef: v1alpha1.AccountReference{Name: "twilio"}, ClientName: "tommy", Incoming: true,
	}}
}

func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := objects.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// lasting creates what is removed when the test ends.
func lasting(t *testing.T, object client.Object) {
	t.Helper()
	create(t, object)
	t.Cleanup(func() { remove(t, object) })
}

func merge(patch string) client.Patch { return client.RawPatch(types.MergePatchType, []byte(patch)) }

func patch(t *testing.T, object client.Object, patch string) {
	t.Helper()
	if err := objects.Patch(t.Context(), object, merge(patch)); err != nil {
		t.Fatal(err)
	}
}
