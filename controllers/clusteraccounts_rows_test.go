package controllers_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// denial is what somebody did so that tommy, declared like that, gets no token,
// and what he is told.
type denial struct {
	declared  []declaration
	by        func(context.Context, *tenancy)
	reason    string
	message   string
	withdrawn bool // his living token does not count any more
	waiting   bool // it may end by itself
}

// limiting has the account's owner set limits.
func limiting(limits v1alpha1.Limits) func(context.Context, *tenancy) {
	return func(ctx context.Context, t *tenancy) {
		t.set(ctx, func(spec *v1alpha1.ClusterAccountSpec) { spec.Limits = &limits })
	}
}

// allowing has them say who may use it.
func allowing(allowed *v1alpha1.AllowedNamespaces) func(context.Context, *tenancy) {
	return func(ctx context.Context, t *tenancy) {
		t.set(ctx, func(spec *v1alpha1.ClusterAccountSpec) { spec.AllowedNamespaces = allowed })
	}
}

func holding(change func(*corev1.Secret)) func(context.Context, *tenancy) {
	return func(ctx context.Context, t *tenancy) { t.holds(ctx, change) }
}

func all(of ...func(context.Context, *tenancy)) func(context.Context, *tenancy) {
	return func(ctx context.Context, t *tenancy) {
		for _, each := range of {
			each(ctx, t)
		}
	}
}

func calling(c *v1alpha1.ClientCapability) {
	c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID}
}

func listening(c *v1alpha1.ClientCapability) { c.Spec.EventStream = &v1alpha1.EventStream{} }

func wantsAccess(c *v1alpha1.ClientCapability) { c.Spec.TokenType = v1alpha1.TokenTypeAccess }

func clientName(name string) declaration {
	return func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = name }
}

func outsideLimits(message string, by v1alpha1.Limits, declared ...declaration) denial {
	return denial{declared: declared, by: limiting(by), reason: v1alpha1.ReasonOutsideLimits, message: message, withdrawn: true}
}

func namespaceNotAllowed(by *v1alpha1.AllowedNamespaces) denial {
	return denial{
		by: allowing(by), reason: v1alpha1.ReasonNamespaceNotAllowed, withdrawn: true,
		message: `ClusterAccount "{account}" does not allow the namespace {namespace} (spec.allowedNamespaces); ask the platform team to allow it.`,
	}
}

func notReady(by func(context.Context, *tenancy), declared ...declaration) denial {
	return denial{
		declared: declared, by: by, reason: v1alpha1.ReasonAccountNotReady,
		message: `ClusterAccount "{account}" can't sign at present; the platform team sees why with: kubectl describe clusteraccount {account}`,
	}
}

func notThere(by func(context.Context, *tenancy)) denial {
	return denial{
		by: by, reason: v1alpha1.ReasonAccountNotFound, withdrawn: true, waiting: true,
		message: `No ClusterAccount "{account}" exists; ask the platform team for the right name, or for the account.`,
	}
}

func typeNotSigned(lacks, declared, other string, by func(context.Context, *tenancy), more ...declaration) denial {
	return denial{
		declared: more, by: by, reason: v1alpha1.ReasonAccountKeyMissing,
		message: `ClusterAccount "{account}" has no ` + lacks + `, so it signs no tokens of spec.tokenType ` + declared +
			`; set that to ` + other + `, or ask the platform team to add one.`,
	}
}

func waitingFor(d denial) denial {
	d.waiting = true
	return d
}

func withoutKeys(keys ...string) func(context.Context, *tenancy) {
	return holding(func(s *corev1.Secret) {
		for _, key := range keys {
			delete(s.Data, key)
		}
	})
}

func value(key, value string) func(context.Context, *tenancy) {
	return holding(func(s *corev1.Secret) { s.Data[key] = []byte(value) })
}

func selected(key string, operator v1alpha1.SelectorOperator, values ...v1alpha1.LabelValue) *v1alpha1.AllowedNamespaces {
	return &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{
		MatchExpressions: []v1alpha1.NamespaceSelectorRequirement{{Key: key, Operator: operator, Values: values}},
	}}
}

func deleteAccount(ctx context.Context, t *tenancy) {
	GinkgoHelper()
	Expect(t.api.Delete(ctx, t.lent())).To(Succeed())
}

// holdAndDelete leaves the account where it is, on its way out.
func holdAndDelete(ctx context.Context, t *tenancy) {
	GinkgoHelper()
	lent := t.lent()
	Expect(t.api.Get(ctx, clientKey(t.account), lent)).To(Succeed())
	lent.Finalizers = []string{"example.com/hold"}
	Expect(t.api.Update(ctx, lent)).To(Succeed())
	deleteAccount(ctx, t)
}

func deleteVault(ctx context.Context, t *tenancy) {
	GinkgoHelper()
	Expect(t.api.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: t.platform, Name: vault}})).To(Succeed())
}

// refersTo has the account name another Secret, or other keys of it.
func refersTo(change func(*v1alpha1.ClusterSecretReference)) func(context.Context, *tenancy) {
	return func(ctx context.Context, t *tenancy) {
		t.set(ctx, func(spec *v1alpha1.ClusterAccountSpec) { change(&spec.SecretRef) })
	}
}
