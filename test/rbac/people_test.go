package rbac_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// deed is what somebody does in a namespace, of which the name is the first that may do it: view, edit, admin, or nobody
// of them.
type deed struct {
	write
	first string
}

const nobody = "nobody"

var ranks = []string{"view", "edit", "admin", nobody}

func declaration(namespace, name string) *v1alpha1.ClientCapability {
	declared := tommy(namespace)
	declared.Name = name
	return declared
}

// In the namespace is a declaration tommy; production is a ClusterAccount.
var deeds = []deed{
	{write{"read a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "tommy"}, &v1alpha1.ClientCapability{})
	}}, "view"},
	{write{"list declarations", func(ctx context.Context, c client.Client, namespace string) error {
		return c.List(ctx, &v1alpha1.ClientCapabilityList{}, client.InNamespace(namespace))
	}}, "view"},
	{write{"declare", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, declaration(namespace, "other"), client.DryRunAll)
	}}, "edit"},
	{write{"change a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, tommy(namespace), merge(`{"spec": {"ttl": "2h"}}`), client.DryRunAll)
	}}, "edit"},
	{write{"replace a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		declared := tommy(namespace)
		if err := objects.Get(ctx, client.ObjectKeyFromObject(declared), declared); err != nil {
			return err
		}
		return c.Update(ctx, declared, client.DryRunAll)
	}}, "edit"},
	{write{"delete a declaration", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Delete(ctx, tommy(namespace), client.DryRunAll)
	}}, "edit"},
	{write{"delete all declarations", func(ctx context.Context, c client.Client, namespace string) error {
		return c.DeleteAllOf(ctx, &v1alpha1.ClientCapability{}, client.InNamespace(namespace), client.DryRunAll)
	}}, "edit"},
	{write{"write a declaration's status", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Status().Patch(ctx, tommy(namespace), merge(`{"status": {"accountSID": "forged"}}`))
	}}, nobody},
	{write{"read a ClusterAccount", func(ctx context.Context, c client.Client, _ string) error {
		return c.Get(ctx, client.ObjectKey{Name: "production"}, &v1alpha1.ClusterAccount{})
	}}, nobody},
	{write{"list ClusterAccounts", func(ctx context.Context, c client.Client, _ string) error {
		return c.List(ctx, &v1alpha1.ClusterAccountList{})
	}}, nobody},
	{write{"change a ClusterAccount", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, &v1alpha1.ClusterAccount{ObjectMeta: named("", "production")}, merge(`{"spec": {"limits": null}}`))
	}}, nobody},
	{write{"label the namespace", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, &corev1.Namespace{ObjectMeta: named("", namespace)}, merge(`{"metadata": {"labels": {"team": "other"}}}`))
	}}, nobody},
}

// Kubernetes itself adds what is ours to its roles, so this is tried with its controller.
func TestTheRolesOfANamespaceIncludeDeclarationsAndNoMore(t *testing.T) {
	built := build(t, repository+"config/people")
	t.Cleanup(func() { uninstall(t, built) })
	apply(t, built)
	for _, namespace := range []string{"support", elsewhere} {
		makeNamespace(t, namespace)
		lasting(t, tommy(namespace))
	}
	lasting(t, &v1alpha1.ClusterAccount{ObjectMeta: named("", "production"), Spec: v1alpha1.ClusterAccountSpec{
		SecretRef: v1alpha1.ClusterSecretReference{Namespace: elsewhere, Name: "twilio"},
	}})
	for rank, role := range ranks[:3] {
		user := "somebody-with-" + role
		bind(t, user, "support", role)
		somebody := as(t, user)
		awaitRight(t, somebody, func(ctx context.Context, c client.Client) error { return deeds[0].attempt(ctx, c, "support") })
		for _, d := range deeds {
			may := rank >= slices.Index(ranks, d.first)
			t.Run(fmt.Sprintf("%s: may %s: %v", role, d.what, may), func(t *testing.T) {
				err := d.attempt(t.Context(), somebody, "support")
				if !may {
					err = hasNoRight(err)
				}
				if err != nil {
					t.Error(err)
				}
			})
			t.Run(fmt.Sprintf("%s: may %s elsewhere: false", role, d.what), func(t *testing.T) {
				if err := hasNoRight(d.attempt(t.Context(), somebody, elsewhere)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A token that is made on demand is asked for by a kind of its own, in a group of its own; whoever may look at
// declarations, or write them, has no right to that by it.
func TestNoRoleForPeopleGivesOutTokens(t *testing.T) {
	roles := objectsIn(t, build(t, repository+"config/people"))
	for _, role := range roles {
		for _, right := range rightsIn(role) {
			if right.resource != declarations {
				t.Errorf("%s may %s", role.GetName(), right)
			}
		}
	}
	if len(roles) != 2 {
		t.Errorf("the roles are %d", len(roles))
	}
}
