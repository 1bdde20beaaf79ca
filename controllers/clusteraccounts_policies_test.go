package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func clientKey(name string) client.ObjectKey { return client.ObjectKey{Name: name} }

// denials: each row is what is done and to the letter what tommy is told.
func denials() []TableEntry {
	type (
		limits       = v1alpha1.Limits
		applications = []v1alpha1.ApplicationSID
		capabilities = []v1alpha1.CapabilityName
		types        = []v1alpha1.LimitedTokenType
		names        = []v1alpha1.NamespaceName
	)
	const (
		application = "spec.outgoing.applicationSID is " + applicationSID + `, which ClusterAccount "{account}" does not permit (limits.applicationSIDs); ` +
			"ask the platform team which application is for this namespace."
		name  = `spec.clientName is none that ClusterAccount "{account}" permits in this namespace (limits.clientNamePattern); `
		ask   = "ask the platform team which names are for this namespace."
		twoH  = `spec.ttl is 1h, and ClusterAccount "{account}" permits no less than 2h (limits.minTTL).`
		halfH = `spec.ttl is 1h, and ClusterAccount "{account}" permits at most 30m (limits.maxTTL).`
	)
	everything := capabilities{"Incoming", "Outgoing", "EventStream"}
	selectedByLabel := &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"voice": "yes"}}}
	labelsUnknown := denial{
		by: all(allowing(selected("frozen", "DoesNotExist")), func(_ context.Context, t *tenancy) {
			t.reconciler.Accounts.Cluster = blind{t.api}
		}),
		reason: v1alpha1.ReasonNamespaceNotAllowed, withdrawn: true, waiting: true,
		message: `ClusterAccount "{account}" allows namespaces by their labels (spec.allowedNamespaces), and those of the namespace {namespace} are not known yet.`,
	}
	off := denial{
		by: func(_ context.Context, t *tenancy) { t.reconciler.Accounts.Cluster = nil }, reason: v1alpha1.ReasonClusterAccountsOff,
		message: "This operator does not serve ClusterAccounts (--cluster-accounts=false); name a Secret of this namespace in spec.accountRef, with kind Secret.",
	}
	wrongRegion := denial{
		by: value(v1alpha1.DefaultRegionKey, "ie1"), reason: v1alpha1.ReasonRegionNotSupported,
		message: `ClusterAccount "{account}" is of the region ie1, and Twilio accepts Capability tokens in us1 only; set spec.tokenType to Access.`,
	}
	return []TableEntry{
		Entry("whose tokens live too long", outsideLimits(halfH, limits{MaxTTL: "30m"})),
		Entry("whose tokens live too short", outsideLimits(twoH, limits{MinTTL: "2h"})),
		Entry("who calls through another's application", outsideLimits(application, limits{ApplicationSIDs: applications{theirApplicationSID}}, calling)),
		Entry("who calls where no application is permitted", outsideLimits(application, limits{ApplicationSIDs: applications{}}, calling)),
		Entry("who may receive, where only calling is permitted",
			outsideLimits(`spec.incoming asks for Incoming, and ClusterAccount "{account}" permits Outgoing only (limits.capabilities).`, limits{Capabilities: capabilities{"Outgoing"}})),
		Entry("who may call, where only receiving is permitted",
			outsideLimits(`spec.outgoing asks for Outgoing, and ClusterAccount "{account}" permits Incoming only (limits.capabilities).`, limits{Capabilities: capabilities{"Incoming"}}, calling)),
		Entry("who wants anything, where nothing is permitted",
			outsideLimits(`spec.incoming asks for Incoming, and ClusterAccount "{account}" permits none (limits.capabilities).`, limits{Capabilities: capabilities{}})),
		Entry("who listens to events that are not listed",
			outsideLimits(`spec.eventStream asks for EventStream, and ClusterAccount "{account}" permits Incoming and Outgoing only (limits.capabilities).`,
				limits{Capabilities: capabilities{"Outgoing", "Incoming"}}, listening)),
		Entry("who listens to events where no capabilities are listed",
			outsideLimits(`spec.eventStream asks for EventStream, and ClusterAccount "{account}" permits Incoming and Outgoing only (limits.capabilities).`, limits{}, listening)),
		Entry("who has another tenant's name",
			outsideLimits(name+`names here begin with "{namespace}_".`, limits{ClientNamePattern: "$(namespace)_[a-z]+"}, clientName("sales_bert"))),
		Entry("who has another tenant's name, at the end",
			outsideLimits(name+`names here end with "_{namespace}".`, limits{ClientNamePattern: "[a-z]+_$(namespace)"}, clientName("bert_sales"))),
		Entry("who has a name of another pattern", outsideLimits(name+ask, limits{ClientNamePattern: "sales_[a-z]+"})),
		Entry("who wants a type that is not permitted",
			outsideLimits(`spec.tokenType is Capability, and ClusterAccount "{account}" permits Access only (limits.tokenTypes).`, limits{TokenTypes: types{"Access"}})),
		Entry("who wants an Access token, where none is permitted",
			outsideLimits(`spec.tokenType is Access, and ClusterAccount "{account}" permits Capability only (limits.tokenTypes).`, limits{TokenTypes: types{"Capability"}}, wantsAccess)),
		Entry("who wants a token where no type is permitted",
			outsideLimits(`spec.tokenType is Capability, and ClusterAccount "{account}" permits none (limits.tokenTypes).`, limits{TokenTypes: types{}})),
		Entry("who breaks two limits: application and life", outsideLimits(application, limits{MaxTTL: "30m", ApplicationSIDs: applications{theirApplicationSID}}, calling)),
		Entry("who breaks two limits: type and capability",
			outsideLimits(`spec.tokenType is Capability, and ClusterAccount "{account}" permits Access only (limits.tokenTypes).`,
				limits{Capabilities: capabilities{}, TokenTypes: types{"Access"}})),
		Entry("who breaks two limits: name and life", outsideLimits(name+ask, limits{MinTTL: "2h", ClientNamePattern: "sales_[a-z]+"})),
		Entry("who breaks two limits: the longest life and the shortest", outsideLimits(halfH, limits{MinTTL: "30m", MaxTTL: "30m"}, ttl("1h"))),

		Entry("whose namespace is not named", namespaceNotAllowed(&v1alpha1.AllowedNamespaces{Names: names{"sales"}})),
		Entry("whose namespace is none of no names", namespaceNotAllowed(&v1alpha1.AllowedNamespaces{Names: names{}})),
		Entry("whose namespace is not selected by its labels", namespaceNotAllowed(selectedByLabel)),
		Entry("whose namespace is excluded by a label", namespaceNotAllowed(selected("kubernetes.io/metadata.name", "DoesNotExist"))),
		Entry("where no namespace is allowed", namespaceNotAllowed(nil)),
		Entry("whose namespace is not allowed, nor his life", denial{
			by:     all(allowing(&v1alpha1.AllowedNamespaces{Names: names{"sales"}}), limiting(limits{MaxTTL: "30m", Capabilities: everything})),
			reason: v1alpha1.ReasonNamespaceNotAllowed, withdrawn: true, message: namespaceNotAllowed(nil).message,
		}),
		Entry("whose namespace's labels are not known yet", labelsUnknown),

		Entry("whose account is deleted", notThere(deleteAccount)),
		Entry("whose account is being deleted", notThere(holdAndDelete)),
		Entry("whose account is being deleted, with limits that he breaks", notThere(all(limiting(limits{MaxTTL: "30m"}), holdAndDelete))),
		Entry("where the kind is switched off", off),

		Entry("whose account has lost its Secret", waitingFor(notReady(deleteVault))),
		Entry("whose account's Secret has no label", waitingFor(notReady(holding(func(s *corev1.Secret) { s.Labels = nil })))),
		Entry("whose account names another Secret", waitingFor(notReady(refersTo(func(ref *v1alpha1.ClusterSecretReference) { ref.Name = "moved" })))),
		Entry("whose account's Secret has no account SID", notReady(withoutKeys(v1alpha1.DefaultAccountSIDKey))),
		Entry("whose account's Secret has nothing to sign with",
			notReady(withoutKeys(v1alpha1.DefaultAuthTokenKey, v1alpha1.DefaultAPIKeyKey, v1alpha1.DefaultAPISecretKey))),
		Entry("whose account's AuthToken is malformed", notReady(value(v1alpha1.DefaultAuthTokenKey, "changeme"))),
		Entry("whose account's API key lacks its secret", notReady(withoutKeys(v1alpha1.DefaultAPISecretKey), wantsAccess)),
		Entry("whose account's region is malformed", notReady(value(v1alpha1.DefaultRegionKey, "Ireland"))),
		Entry("whose account has a pattern that can't be kept to", notReady(limiting(limits{ClientNamePattern: "$(namespace)_[a-z]+|sales_[a-z]+", Capabilities: everything}))),
		Entry("whose account has no AuthToken", typeNotSigned("AuthToken", "Capability", "Access", withoutKeys(v1alpha1.DefaultAuthTokenKey))),
		Entry("whose account has its AuthToken under another key", typeNotSigned("AuthToken", "Capability", "Access",
			refersTo(func(ref *v1alpha1.ClusterSecretReference) { ref.Keys = &v1alpha1.AccountKeys{AuthToken: "AUTH"} }))),
		Entry("whose account has no API key", typeNotSigned("API key", "Access", "Capability", withoutKeys(v1alpha1.DefaultAPIKeyKey, v1alpha1.DefaultAPISecretKey), wantsAccess)),
		Entry("whose account is of another region", wrongRegion),
		Entry("whose account is of another region, without an API key", notReady(all(value(v1alpha1.DefaultRegionKey, "ie1"), withoutKeys(v1alpha1.DefaultAPIKeyKey, v1alpha1.DefaultAPISecretKey)))),
		Entry("who breaks a limit of an account without a Secret", denial{
			by: all(limiting(limits{MaxTTL: "30m"}), deleteVault), reason: v1alpha1.ReasonOutsideLimits, withdrawn: true, message: halfH,
		}),
	}
}

var _ = Describe("A tenant of a ClusterAccount", func() {
	var t *tenancy
	BeforeEach(func(ctx SpecContext) { t = newTenancy(ctx) })

	without := func(d denial) conditions {
		if d.waiting {
			return waiting(d.reason)
		}
		return stalled(d.reason)
	}

	DescribeTable("gets no token until it is mended,", func(ctx SpecContext, d denial) {
		d.by(ctx, t)
		t.declareTenant(ctx, d.declared...)
		t.pass(ctx)
		Expect(t.findSecret(ctx, tommy)).To(BeNil())
		Expect(t.conditions(ctx)).To(Equal(without(d)))
		Expect(t.message(ctx, v1alpha1.ReadyCondition)).To(Equal(t.written(d.message)))
		told := t.told()
		Expect(told).To(Equal([]string{"Warning " + d.reason + " " + t.written(d.message)}))
		t.expectDiscretion(ctx, told)
		t.expectRest(ctx)

		t.restore(ctx)
		t.pass(ctx)
		t.verifyTenant(ctx)
		Expect(t.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
	}, denials())

	DescribeTable("is told at once what was withdrawn, and heals when it is given back,", func(ctx SpecContext, d denial) {
		t.declareTenant(ctx, d.declared...)
		t.pass(ctx)
		t.verifyTenant(ctx)
		t.told()
		before := t.secret(ctx, tommy)

		d.by(ctx, t)
		t.pass(ctx)
		where, want := v1alpha1.ReadyCondition, without(d)
		if !d.withdrawn {
			where, want = v1alpha1.RenewalFailingCondition, failing(d.reason)
		}
		Expect(t.conditions(ctx)).To(Equal(want))
		Expect(t.message(ctx, where)).To(Equal(t.written(d.message)))
		Expect(t.secret(ctx, tommy)).To(Equal(before), "the token is valid until it expires, whatever is written")
		told := t.told()
		Expect(told).To(Equal([]string{"Warning " + d.reason + " " + t.written(d.message)}))
		t.expectDiscretion(ctx, told)
		t.expectRest(ctx)

		t.deleteSecret(ctx, tommy)
		t.pass(ctx)
		Expect(t.findSecret(ctx, tommy)).To(BeNil(), "it was made again")
		Expect(t.conditions(ctx)).To(Equal(without(d)))
		Expect(t.told()).To(BeEmpty(), "that was said before")
		t.expectDiscretion(ctx, nil)
		t.expectRest(ctx)
		t.step(time.Hour)
		t.expectRest(ctx)

		t.restore(ctx)
		t.pass(ctx)
		t.verifyTenant(ctx)
		Expect(t.told()).To(ConsistOf(HavePrefix("Normal Reissued ")))
		t.expectRest(ctx)
	}, denials())
})
