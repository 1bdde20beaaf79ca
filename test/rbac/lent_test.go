package rbac_test

import (
	"context"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// lends has a check's declaration use a ClusterAccount, which is lent to its namespace for a label, and whose Secret is
// elsewhere.
func (c check) lends() check {
	before := c.before
	c.account = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"}
	c.before = func(in *installation) {
		makeNamespace(in.t, elsewhere)
		secret := twilio(elsewhere)
		secret.Name = in.namespace
		production := &v1alpha1.ClusterAccount{ObjectMeta: named("", "production"), Spec: v1alpha1.ClusterAccountSpec{
			SecretRef: v1alpha1.ClusterSecretReference{Namespace: elsewhere, Name: secret.Name},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{
				MatchLabels: map[string]v1alpha1.LabelValue{"team": v1alpha1.LabelValue(in.namespace)},
			}},
		}}
		for _, object := range []client.Object{secret, production} {
			lasting(in.t, object)
		}
		patch(in.t, &corev1.Namespace{ObjectMeta: named("", in.namespace)}, `{"metadata": {"labels": {"team": "`+in.namespace+`"}}}`)
		if before != nil {
			before(in)
		}
	}
	return c
}

var aDeclarationOfALentAccountGetsItsFirstToken = check{
	name: "a declaration of a lent account gets its first token",
	missing: func(ctx context.Context, in *installation) error {
		return noToken(ctx, in.namespace, "tommy", authToken)
	},
}.lends()

var aLentAccountIsSaidToBeReady = check{
	name:    "a lent account is said to be ready",
	missing: lentAccountIsNotReady,
}.lends()

var aLeaseOverAccountsThatWasGivenBackIsTakenUp = check{
	name: "a lease over accounts that was given back is taken up",
	before: func(in *installation) {
		create(in.t, &coordinationv1.Lease{ObjectMeta: in.meta("capability-operator-accounts")})
	},
	missing: lentAccountIsNotReady,
}.lends()

var lentAccountsAreNotListedAgainAndAgain = check{
	name:    "lent accounts are not listed again and again",
	act:     awaitFirstToken,
	missing: func(_ context.Context, in *installation) error { return in.listedOften(lent, 1) },
}.lends()

var namespacesAreNotListedAgainAndAgain = check{
	name:    "namespaces are not listed again and again",
	act:     awaitFirstToken,
	missing: func(_ context.Context, in *installation) error { return in.listedOften("namespaces", 1) },
}.lends()

func lentAccountIsNotReady(ctx context.Context, _ *installation) error {
	production := &v1alpha1.ClusterAccount{}
	if err := objects.Get(ctx, client.ObjectKey{Name: "production"}, production); err != nil {
		return err
	}
	if ready := meta.FindStatusCondition(production.Status.Conditions, v1alpha1.ReadyCondition); ready == nil || ready.Status != metav1.ConditionTrue {
		return fmt.Errorf("Ready is %+v", ready)
	}
	return nil
}
