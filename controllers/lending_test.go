package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

var _ = Describe("A manager that runs and serves ClusterAccounts", func() {
	var (
		l       *lender
		tenant  *world // selected by its label
		another *world // named
	)
	labelled := func(ctx context.Context, value string) {
		GinkgoHelper()
		tenant.untilWritten(ctx, func() client.Object {
			namespace := &corev1.Namespace{}
			Expect(tenant.api.Get(ctx, client.ObjectKey{Name: tenant.namespace}, namespace)).To(Succeed())
			metav1.SetMetaDataLabel(&namespace.ObjectMeta, "team", value)
			return namespace
		})
	}
	changed := func(ctx context.Context, change func(*v1alpha1.ClusterAccountSpec)) {
		GinkgoHelper()
		l.untilWritten(ctx, func() client.Object {
			lent := l.lent(ctx)
			change(&lent.Spec)
			return lent
		})
	}
	lentTo := func(c *v1alpha1.ClientCapability) {
		c.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: l.name}
	}

	BeforeEach(func(ctx SpecContext) {
		tenant, another = newWorld(ctx), newWorld(ctx)
		l = newLender(ctx, func(lent *v1alpha1.ClusterAccount) {
			lent.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{
				MatchLabels: map[string]v1alpha1.LabelValue{"team": v1alpha1.LabelValue(tenant.namespace)},
			}}
		})
		labelled(ctx, tenant.namespace)
		// The other has the account of its own namespace, and nothing of this is its affair.
		another.declare(ctx)
		tenant.declare(ctx, lentTo)
		runLendingManager(cluster.Config, l.heard, tenant.namespace, another.namespace)
		for _, w := range []*world{tenant, another} {
			eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(ready)) })
		}
	})

	It("withholds Ready at once and heals at once, and disturbs nobody else", func(ctx SpecContext) {
		before, token := another.versions(ctx), tenant.raw(ctx)
		for _, turn := range []struct {
			withdraw, restore func()
			reason            string
		}{
			{func() { labelled(ctx, "another") }, func() { labelled(ctx, tenant.namespace) }, v1alpha1.ReasonNamespaceNotAllowed},
			{
				func() {
					changed(ctx, func(s *v1alpha1.ClusterAccountSpec) { s.Limits = &v1alpha1.Limits{MaxTTL: "10m"} })
				},
				func() { changed(ctx, func(s *v1alpha1.ClusterAccountSpec) { s.Limits = nil }) },
				v1alpha1.ReasonOutsideLimits,
			},
		} {
			turn.withdraw()
			eventually(ctx, func(g Gomega) { g.Expect(tenant.status(ctx)).To(Equal(stalled(turn.reason))) })
			Expect(tenant.raw(ctx)).To(Equal(token), "it is valid until it expires, whatever is done about it")
			turn.restore()
			eventually(ctx, func(g Gomega) { g.Expect(tenant.status(ctx)).To(Equal(ready)) })
		}
		Expect(tenant.raw(ctx)).To(Equal(token), "it was right all the time")
		Expect(another.versions(ctx)).To(Equal(before))
	})

	It("makes no Secret again that was deleted after the account was withdrawn", func(ctx SpecContext) {
		Expect(l.api.Delete(ctx, l.lent(ctx))).To(Succeed())
		eventually(ctx, func(g Gomega) { g.Expect(tenant.status(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotFound))) })
		tenant.deleteSecret(ctx, tommy)
		Consistently(func() *corev1.Secret { return tenant.findSecret(ctx, tommy) }).WithContext(ctx).WithTimeout(time.Second).Should(BeNil())
	})

	It("signs anew when the credentials in the account's Secret change", func(ctx SpecContext) {
		l.putAuthToken(ctx, otherAuthToken)
		eventually(ctx, func(g Gomega) {
			_, err := capability.Verify(tenant.raw(ctx), otherAuthToken, time.Now())
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(l.lent(ctx).Status.PreviousKey).NotTo(BeNil())
		})
	})

	It("passes over accounts and namespaces with which it has nothing to do, without a word", func(ctx SpecContext) {
		elsewhere := newWorld(ctx)
		elsewhere.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(otherAuthToken) })
		// What comes later by the same watches shows that this has come.
		labelled(ctx, "another")
		eventually(ctx, func(g Gomega) { g.Expect(tenant.status(ctx)).To(Equal(stalled(v1alpha1.ReasonNamespaceNotAllowed))) })
		another.edit(ctx, twilio, func(s *corev1.Secret) { delete(s.Labels, v1alpha1.AccountLabel) })
		eventually(ctx, func(g Gomega) { g.Expect(another.status(ctx)).To(Equal(failing(v1alpha1.ReasonAccountNotFound))) })
		Expect(l.heard.String()).NotTo(ContainSubstring("failed"))
	})

	It("serves an account that came after those who want it, and one whose Secret came last", func(ctx SpecContext) {
		late := newWorld(ctx)
		runLendingManager(cluster.Config, l.heard, late.namespace)
		late.declare(ctx, func(c *v1alpha1.ClientCapability) {
			c.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: late.namespace}
		})
		eventually(ctx, func(g Gomega) { g.Expect(late.status(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotFound))) })
		lent := &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: late.namespace}, Spec: v1alpha1.ClusterAccountSpec{
			SecretRef:         v1alpha1.ClusterSecretReference{Namespace: late.namespace, Name: "later"},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{All: new(true)},
		}}
		Expect(late.api.Create(ctx, lent)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(late.api.Delete(ctx, lent)).To(Succeed()) })
		eventually(ctx, func(g Gomega) { g.Expect(late.status(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotReady))) })
		late.createAccount(ctx, "later", accountSID, authToken)
		eventually(ctx, func(g Gomega) { g.Expect(late.status(ctx)).To(Equal(ready)) })
	})
})
