package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A ClusterAccount", func() {
	type limits = v1alpha1.Limits
	var t *tenancy
	BeforeEach(func(ctx SpecContext) { t = newTenancy(ctx) })

	tenants := func(names ...string) *v1alpha1.AllowedNamespaces {
		allowed := &v1alpha1.AllowedNamespaces{Names: []v1alpha1.NamespaceName{v1alpha1.NamespaceName(t.namespace)}}
		for _, name := range names {
			allowed.Names = append(allowed.Names, v1alpha1.NamespaceName(name))
		}
		return allowed
	}
	within := func(limits limits, declared ...declaration) func(context.Context) {
		return func(ctx context.Context) {
			limiting(limits)(ctx, t)
			t.declareTenant(ctx, declared...)
		}
	}
	from := func(allowed func() *v1alpha1.AllowedNamespaces) func(context.Context) {
		return func(ctx context.Context) {
			t.labelled(ctx, "yes")
			allowing(allowed())(ctx, t)
			t.declareTenant(ctx)
		}
	}
	ownName := func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = c.Namespace + "_tommy" }
	having := func(change func(*corev1.Secret), declared ...declaration) func(context.Context) {
		return func(ctx context.Context) {
			t.holds(ctx, change)
			t.declareTenant(ctx, declared...)
		}
	}

	DescribeTable("signs for who is within its limits,", func(ctx SpecContext, declare func(context.Context)) {
		declare(ctx)
		t.pass(ctx)
		t.verifyTenant(ctx)
		told := t.told()
		Expect(told).To(ConsistOf(HavePrefix("Normal Issued ")))
		t.expectDiscretion(ctx, told)
		t.expectRest(ctx)
		t.step(time.Hour - time.Minute)
		t.pass(ctx)
		Expect(t.object(ctx).Status.Token.IssuedAt.Time).To(BeTemporally("==", whole(t.clock.Now())), "it is not renewed")
		t.verifyTenant(ctx)
	},
		Entry("without limits", within(limits{})),
		Entry("as long as permitted", within(limits{MinTTL: "5s", MaxTTL: "1h"})),
		Entry("as short as permitted", within(limits{MinTTL: "60m", MaxTTL: "24h"})),
		Entry("through a permitted application", within(limits{ApplicationSIDs: []v1alpha1.ApplicationSID{theirApplicationSID, applicationSID}}, calling)),
		Entry("through none, where none is permitted", within(limits{ApplicationSIDs: []v1alpha1.ApplicationSID{}})),
		Entry("with what is listed", within(limits{Capabilities: []v1alpha1.CapabilityName{"Incoming"}})),
		Entry("with all that is listed", within(limits{Capabilities: []v1alpha1.CapabilityName{"EventStream", "Incoming", "Outgoing"}}, calling, listening)),
		Entry("with a name of its namespace", within(limits{ClientNamePattern: "$(namespace)_[a-z]+"}, ownName)),
		Entry("with a name that is listed", within(limits{ClientNamePattern: `tommy\.tester|anna`})),
		Entry("with a permitted type", within(limits{TokenTypes: []v1alpha1.LimitedTokenType{"Access"}}, wantsAccess)),
		Entry("by its namespace's name", from(func() *v1alpha1.AllowedNamespaces { return tenants("sales") })),
		Entry("by its namespace's label", from(func() *v1alpha1.AllowedNamespaces { return selected("voice", "In", "yes", "maybe") })),
		Entry("by a label that its namespace lacks", from(func() *v1alpha1.AllowedNamespaces { return selected("frozen", "DoesNotExist") })),
		Entry("with an API key alone", having(func(s *corev1.Secret) { delete(s.Data, v1alpha1.DefaultAuthTokenKey) }, wantsAccess)),
		Entry("with an AuthToken alone", having(func(s *corev1.Secret) {
			delete(s.Data, v1alpha1.DefaultAPIKeyKey)
			delete(s.Data, v1alpha1.DefaultAPISecretKey)
		})),
		Entry("with an API key of another region", having(func(s *corev1.Secret) { s.Data[v1alpha1.DefaultRegionKey] = []byte("ie1") }, wantsAccess)),
		Entry("with an AuthToken that is none, for an API key", having(func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte("changeme") }, wantsAccess)),
	)

	It("gives no tenant another's names, also where one namespace's name begins with the other's", func(ctx SpecContext) {
		limiting(limits{ClientNamePattern: "$(namespace)_[a-z_-]+"})(ctx, t)
		t.declareTenant(ctx, ownName)
		t.pass(ctx)
		t.verifyTenant(ctx)

		other := newTenancy(ctx)
		other.account = t.account
		for _, name := range []string{
			t.namespace + "_tommy", t.namespace + "_anna", t.namespace, other.namespace, other.namespace + "-" + t.namespace + "_tommy",
			"_" + other.namespace + "_tommy", other.namespace + "-_tommy", t.namespace + "_" + other.namespace + "_tommy", "tommy",
		} {
			object := other.declare(ctx, other.uses, clientName(name))
			other.pass(ctx)
			Expect(other.findSecret(ctx, tommy)).To(BeNil(), name)
			Expect(other.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonOutsideLimits)), name)
			Expect(other.message(ctx, v1alpha1.ReadyCondition)).To(Equal(other.written(`spec.clientName is none that ClusterAccount "{account}" permits in this namespace ` +
				`(limits.clientNamePattern); names here begin with "{namespace}_".`)))
			Expect(other.api.Delete(ctx, object)).To(Succeed())
		}
		other.declareTenant(ctx, ownName)
		other.pass(ctx)
		other.verifyTenant(ctx)
	})

	It("that tightens a limit disturbs nobody but those who break it", func(ctx SpecContext) {
		for _, each := range []declaration{named("short"), named("long")} {
			t.declareTenant(ctx, each, func(c *v1alpha1.ClientCapability) {
				if c.Name == "short" {
					c.Spec.TTL = "10m"
				}
			})
		}
		t.passOver(ctx, "short")
		t.passOver(ctx, "long")
		limiting(limits{MaxTTL: "30m"})(ctx, t)
		before := t.versions(ctx)
		t.passOver(ctx, "short")
		Expect(t.versions(ctx)).To(Equal(before))
		t.passOver(ctx, "long")
		Expect(t.conditionsOf(ctx, "short")).To(Equal(ready))
		Expect(t.conditionsOf(ctx, "long")).To(Equal(stalled(v1alpha1.ReasonOutsideLimits)))
	})

	It("takes a declaration back that is brought within its limits, and keeps the token of one that it permits again", func(ctx SpecContext) {
		t.declareTenant(ctx)
		t.pass(ctx)
		before := t.raw(ctx)
		limiting(limits{MaxTTL: "30m"})(ctx, t)
		t.pass(ctx)
		limiting(limits{MaxTTL: "1h"})(ctx, t)
		t.pass(ctx)
		Expect(t.conditions(ctx)).To(Equal(ready))
		Expect(t.raw(ctx)).To(Equal(before), "nothing was wrong with the token")

		limiting(limits{MaxTTL: "30m"})(ctx, t)
		t.pass(ctx)
		t.change(ctx, ttl("30m"))
		t.pass(ctx)
		t.verifyTenant(ctx)
		Expect(t.raw(ctx)).NotTo(Equal(before))
	})

	It("follows the labels of a namespace to and fro", func(ctx SpecContext) {
		allowing(selected("voice", "In", "yes"))(ctx, t)
		t.labelled(ctx, "yes")
		t.declareTenant(ctx)
		t.pass(ctx)
		t.verifyTenant(ctx)
		for _, label := range []string{"", "no"} {
			t.labelled(ctx, label)
			t.pass(ctx)
			Expect(t.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonNamespaceNotAllowed)))
			t.labelled(ctx, "yes")
			t.pass(ctx)
			t.verifyTenant(ctx)
		}
	})

	It("that was withdrawn lets the token expire, and says no more than that it was withdrawn", func(ctx SpecContext) {
		t.declareTenant(ctx)
		t.pass(ctx)
		allowing(nil)(ctx, t)
		t.pass(ctx)
		said := t.object(ctx).Status.Conditions
		t.told()
		before := t.secret(ctx, tommy)
		for end := t.clock.Now().Add(2 * time.Hour); t.clock.Now().Before(end); {
			t.step(t.pass(ctx).RequeueAfter)
			Expect(t.object(ctx).Status.Conditions).To(Equal(said))
		}
		Expect(t.secret(ctx, tommy)).To(Equal(before))
		Expect(t.told()).To(BeEmpty())
	})

	It("that can't sign has the token renewed as soon as it can, or says that it has expired", func(ctx SpecContext) {
		t.declareTenant(ctx)
		t.pass(ctx)
		t.holds(ctx, func(s *corev1.Secret) { s.Labels = nil })
		t.pass(ctx)
		Expect(t.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonAccountNotReady)))
		t.step(time.Hour)
		t.pass(ctx)
		Expect(t.conditions(ctx)).To(Equal(expired(waiting(v1alpha1.ReasonAccountNotReady))))
		t.restore(ctx)
		t.pass(ctx)
		t.verifyTenant(ctx)
	})

	It("has every token minted anew when its key is another, and none when the other key is", func(ctx SpecContext) {
		t.declareTenant(ctx, wantsAccess)
		t.pass(ctx)
		t.holds(ctx, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(otherAuthToken) })
		t.expectRest(ctx)
		t.secrets.add(otherAPISecret)
		t.holds(ctx, func(s *corev1.Secret) {
			s.Data[v1alpha1.DefaultAPIKeyKey], s.Data[v1alpha1.DefaultAPISecretKey] = []byte(otherAPIKey), []byte(otherAPISecret)
		})
		t.pass(ctx)
		Expect(t.object(ctx).Status.Token.SignedBy).To(Equal(otherAPIKey))
		Expect(t.told()).To(ConsistOf(HavePrefix("Normal Reissued ")))
		t.expectRest(ctx)
	})
})
