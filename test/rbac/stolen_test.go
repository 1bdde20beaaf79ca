package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// beyond is what no operator has a right to, wherever it works: in the namespace are an account and a declaration.
var beyond = []write{
	{"create a pod", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, &corev1.Pod{ObjectMeta: named(namespace, "stolen"), Spec: corev1.PodSpec{
			ServiceAccountName: "default", Containers: []corev1.Container{{Name: "any", Image: "any"}},
		}})
	}},
	{"create a ServiceAccount", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, &corev1.ServiceAccount{ObjectMeta: named(namespace, "stolen")})
	}},
	{"create a token of a ServiceAccount", func(ctx context.Context, c client.Client, namespace string) error {
		account := &corev1.ServiceAccount{ObjectMeta: named(namespace, "default")}
		return c.SubResource("token").Create(ctx, account, &authenticationv1.TokenRequest{})
	}},
	{"create a Role", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, &rbacv1.Role{ObjectMeta: named(namespace, "stolen")})
	}},
	{"bind a Role", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: named(namespace, "stolen"),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		})
	}},
	{"bind a ClusterRole", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: named("", "stolen"),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		})
	}},
	{"replace a Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Update(ctx, secretOf(namespace, "twilio", corev1.SecretTypeOpaque))
	}},
	{"delete all Secrets at once", func(ctx context.Context, c client.Client, namespace string) error {
		return c.DeleteAllOf(ctx, &corev1.Secret{}, client.InNamespace(namespace))
	}},
	{"create a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, tommy(namespace))
	}},
	{"change a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, &v1alpha1.ClientCapability{ObjectMeta: named(namespace, "tommy")}, merge(`{"spec": {"clientName": "other"}}`))
	}},
	{"delete a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Delete(ctx, &v1alpha1.ClientCapability{ObjectMeta: named(namespace, "tommy")})
	}},
	{"change a ClusterAccount", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, &v1alpha1.ClusterAccount{ObjectMeta: named("", "production")}, merge(`{"spec": {"limits": null}}`))
	}},
	{"label a namespace", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, &corev1.Namespace{ObjectMeta: named("", namespace)}, merge(`{"metadata": {"labels": {"team": "other"}}}`))
	}},
	{"read a ConfigMap", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "kube-root-ca.crt"}, &corev1.ConfigMap{})
	}},
	{"hold a lease elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, &coordinationv1.Lease{ObjectMeta: named(elsewhere, "capability-operator")})
	}},
	{"delete the policy that confines it", func(ctx context.Context, c client.Client, _ string) error {
		return c.Delete(ctx, &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: named("", "capability-operator-confinement")})
	}},
	{"loosen the policy that confines it", func(ctx context.Context, c client.Client, _ string) error {
		policy := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: named("", "capability-operator-confinement")}
		return c.Patch(ctx, policy, merge(`{"spec": {"validationActions": ["Audit"]}}`))
	}},
}

// acrossTheCluster is what only an operator that works in the whole cluster has a right to.
var acrossTheCluster = []write{
	{"read a Secret elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.Get(ctx, client.ObjectKey{Namespace: elsewhere, Name: "theirs"}, &corev1.Secret{})
	}},
	{"list the Secrets elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.List(ctx, &corev1.SecretList{}, client.InNamespace(elsewhere))
	}},
	{"list all Secrets", func(ctx context.Context, c client.Client, _ string) error {
		return c.List(ctx, &corev1.SecretList{})
	}},
	{"create a Secret of its own type elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, secretOf(elsewhere, "stolen", v1alpha1.SecretType), client.DryRunAll)
	}},
	{"list the declarations elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.List(ctx, &v1alpha1.ClientCapabilityList{}, client.InNamespace(elsewhere))
	}},
	{"list the namespaces", func(ctx context.Context, c client.Client, _ string) error {
		return c.List(ctx, &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NamespaceList"}})
	}},
}

// mayNot tries it all by a stolen token, in a namespace in which the operator works.
func (in *installed) mayNot() {
	t, stolen, tenant := in.t, in.stolen(), in.tenants[0]
	for _, object := range []client.Object{secretOf(elsewhere, "theirs", corev1.SecretTypeOpaque), twilio(tenant), tommy(tenant)} {
		lasting(t, object)
	}
	for _, w := range beyond {
		t.Run("may not "+w.what, func(t *testing.T) {
			if err := hasNoRight(w.attempt(t.Context(), stolen, tenant)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, w := range acrossTheCluster {
		err := w.attempt(t.Context(), stolen, tenant)
		if in.whole {
			t.Run("may "+w.what, func(t *testing.T) {
				if err != nil {
					t.Error(err)
				}
			})
			continue
		}
		t.Run("may not "+w.what, func(t *testing.T) {
			if err := hasNoRight(err); err != nil {
				t.Error(err)
			}
		})
	}
	// The line that is not held, so that nobody reads more into the others.
	t.Run("may read every Secret where it works", func(t *testing.T) {
		account := &corev1.Secret{}
		if err := stolen.Get(t.Context(), client.ObjectKey{Namespace: tenant, Name: "twilio"}, account); err != nil || len(account.Data) == 0 {
			t.Error(err)
		}
	})
}

// hasNoRight is nil where RBAC has refused it.
func hasNoRight(err error) error {
	switch {
	case err == nil:
		return errors.New("nobody refuses it")
	case !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), " cannot "):
		return fmt.Errorf("it is not RBAC that refuses it: %w", err)
	}
	return nil
}

// allow binds the rules to a user, everywhere, until the test ends.
func allow(t *testing.T, user string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}, Rules: rules}
	lasting(t, role)
	bind(t, user, "", role.Name)
}

// bind binds a ClusterRole to a user, everywhere or in a namespace, until the test ends.
func bind(t *testing.T, user, namespace, role string) {
	t.Helper()
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	meta := metav1.ObjectMeta{Namespace: namespace, GenerateName: "test-"}
	var binding client.Object = &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}
	if namespace == "" {
		binding = &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}
	}
	lasting(t, binding)
}

// awaitRight returns when RBAC no longer refuses what is tried on an object that is not there.
func awaitRight(t *testing.T, c client.Client, attempt func(context.Context, client.Client) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), pollInterval, limit, true, func(ctx context.Context) (bool, error) {
		last = attempt(ctx, c)
		return last == nil || apierrors.IsNotFound(last), nil
	})
	if err != nil {
		t.Fatalf("%v: %v", err, last)
	}
}
