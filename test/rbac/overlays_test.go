package rbac_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// overlay is one of the ways to install the operator.
type overlay struct {
	name   string
	folder func(*testing.T) string
	// home and prefix are the namespace and the prefix that the overlay gives the operator.
	home, prefix string
	// whole is true where the operator works in the whole cluster, else it works in the tenants' namespaces.
	whole   bool
	tenants []string
}

var overlays = []overlay{
	{
		name: "config/default", folder: inRepository("config/default"),
		home: "capability-operator-system", whole: true, tenants: []string{"support", "sales"},
	},
	{
		name: "the documented overlay of config/default", folder: inDocs("cluster"),
		home: "voice", prefix: "my-", whole: true, tenants: []string{"support", "sales"},
	},
	{
		name: "config/namespaced", folder: inRepository("config/namespaced"),
		home: "capability-operator-system", tenants: []string{"support"},
	},
	{
		name: "the documented overlay of config/namespaced", folder: inDocs("teams"),
		home: "voice", prefix: "my-", tenants: []string{"support", "sales"},
	},
}

// elsewhere is a namespace that no overlay names.
const elsewhere = "elsewhere"

func inRepository(folder string) func(*testing.T) string {
	return func(*testing.T) string { return filepath.Join(repository, folder) }
}

func inDocs(name string) func(*testing.T) string {
	return func(t *testing.T) string { return documented(t, name) }
}

// installed is an operator that an overlay has installed.
type installed struct {
	operator
	overlay
	flags []string // of the manager, as the manifests have them
	// shards are the flags of each manager, where there are several.
	shards [][]string
	// metrics is where they are served, once it runs.
	metrics string
}

// install applies the overlay as a user does, twice, without a complaint. It is removed when the test ends.
func (o overlay) install(t *testing.T) *installed {
	t.Helper()
	for _, namespace := range append([]string{elsewhere}, o.tenants...) {
		makeNamespace(t, namespace)
	}
	built := build(t, o.folder(t))
	in := &installed{operator: operator{t: t, namespace: o.home, account: o.prefix + "capability-operator"}, overlay: o}
	t.Cleanup(func() { uninstall(t, built) })
	apply(t, built)
	for _, object := range objectsIn(t, built) {
		if deployment, ok := object.(*appsv1.Deployment); ok {
			in.flags = deployment.Spec.Template.Spec.Containers[0].Args
			in.shards = append(in.shards, in.flags)
			if got := deployment.Spec.Template.Spec.ServiceAccountName; got != in.account || deployment.Namespace != in.namespace {
				t.Fatalf("the Deployment is in %s and runs as %s", deployment.Namespace, got)
			}
		}
	}
	in.awaitConfinement()
	return in
}

// apply does so twice, and no time anything is complained of.
func apply(t *testing.T, built string) {
	t.Helper()
	for range 2 {
		mustKubectl(t, built, "apply", "--server-side", "--validate=strict", "--warnings-as-errors", "-f", "-")
	}
}

// uninstall removes all but the CRDs, which are there for all tests, and returns when the namespace is gone.
func uninstall(t *testing.T, built string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var rest []string
	for document := range strings.SplitSeq(built, "\n---\n") {
		if !strings.Contains("\n"+document, "\nkind: CustomResourceDefinition\n") {
			rest = append(rest, document)
		}
	}
	if _, complaints, err := kubectl(ctx, strings.Join(rest, "\n---\n"), "delete", "--ignore-not-found", "-f", "-"); err != nil {
		t.Errorf("%v\n%s", err, complaints)
	}
}

func makeNamespace(t *testing.T, name string) {
	t.Helper()
	err := objects.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// run starts the manager with the flags of the manifests, but for the addresses.
func (in *installed) run(more ...string) (probes string) {
	in.t.Helper()
	probes = controlplane.FreeAddress(in.t)
	in.metrics = controlplane.FreeAddress(in.t)
	in.operator.run(slices.Concat(in.flags, []string{"--metrics-bind-address=" + in.metrics, "--health-probe-bind-address=" + probes}, more)...)
	return probes
}

// ready is nil once the manager says so.
func ready(ctx context.Context, probes string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+probes+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %s", response.Status)
	}
	return nil
}

// serves fails unless a declaration in the namespace gets its token.
func (in *installed) serves(namespace string) {
	in.t.Helper()
	lasting(in.t, twilio(namespace))
	lasting(in.t, tommy(namespace))
	in.await(func(ctx context.Context) error { return noToken(ctx, namespace, "tommy", authToken) })
	in.await(func(ctx context.Context) error {
		return otherReason(ctx, namespace, metav1.ConditionTrue, v1alpha1.ReasonTokenValid)
	})
}

func TestAnOverlayInstalls(t *testing.T) {
	for _, o := range overlays {
		t.Run(o.name, func(t *testing.T) {
			if !o.whole {
				withoutClusterAccounts(t)
			}
			in := o.install(t)
			t.Run("policies without a mistake in their expressions", func(t *testing.T) { policiesAreSound(t, o.prefix, "confinement", "short-lifetime", "access-identity") })
			t.Run("an operator whose stolen token", func(t *testing.T) { in.at(t).mayNot() })
			t.Run("an operator that", func(t *testing.T) {
				in := in.at(t)
				probes := in.run()
				for _, tenant := range o.tenants {
					in.serves(tenant)
				}
				if err := ready(t.Context(), probes); err != nil {
					t.Error(err)
				}
				in.servesMetrics()
				if refused, err := in.refusals(); err != nil || len(refused) > 0 {
					t.Errorf("was refused %s (%v)", refused, err)
				}
			})
			t.Run("an operator that is confined", func(t *testing.T) { in.at(t).isConfined() })
		})
	}
}

// at is the same for a subtest.
func (in *installed) at(t *testing.T) *installed {
	of := *in
	of.t = t
	return &of
}

// withoutClusterAccounts takes the CRD away that config/namespaced does not install.
func withoutClusterAccounts(t *testing.T) {
	t.Helper()
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "clusteraccounts." + v1alpha1.GroupName}}
	if err := objects.Delete(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := installCRDs(ctx); err != nil {
			t.Error(err)
		}
	})
	err := wait.PollUntilContextTimeout(t.Context(), pollInterval, limit, true, func(ctx context.Context) (bool, error) {
		return apierrors.IsNotFound(objects.Get(ctx, client.ObjectKeyFromObject(crd), crd)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// In named namespaces nothing is bound across the cluster, and the ClusterRoles are people's.
func TestInNamedNamespacesTheOperatorHasNoClusterRole(t *testing.T) {
	for _, o := range overlays {
		for _, object := range objectsIn(t, build(t, o.folder(t))) {
			switch object.(type) {
			case *rbacv1.ClusterRoleBinding:
				if !o.whole {
					t.Errorf("%s: ClusterRoleBinding %s", o.name, object.GetName())
				}
			case *rbacv1.ClusterRole:
				if !o.whole && object.GetLabels()["rbac.authorization.k8s.io/aggregate-to-edit"] == "" {
					t.Errorf("%s: ClusterRole %s", o.name, object.GetName())
				}
			}
		}
	}
}

// policiesAreSound asks the API server's own check of the types in expressions.
func policiesAreSound(t *testing.T, prefix string, names ...string) {
	for _, name := range names {
		policy := &admissionv1.ValidatingAdmissionPolicy{}
		err := wait.PollUntilContextTimeout(t.Context(), pollInterval, limit, true, func(ctx context.Context) (bool, error) {
			err := objects.Get(ctx, client.ObjectKey{Name: prefix + "capability-operator-" + name}, policy)
			return policy.Status.TypeChecking != nil && policy.Status.ObservedGeneration == policy.Generation, err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
			t.Errorf("%s: %s: %s", policy.Name, warning.FieldRef, warning.Warning)
		}
	}
}
