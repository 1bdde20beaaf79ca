package controllers_test

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

var _ = Describe("A new token", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	outgoing := func(sid string, params map[string]v1alpha1.ParamValue) declaration {
		return func(c *v1alpha1.ClientCapability) {
			c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: sid, Params: params}
		}
	}
	declares := func(changes ...declaration) func(context.Context) {
		return func(ctx context.Context) { w.change(ctx, changes...) }
	}
	accountSays := func(key, value string) func(context.Context) {
		return func(ctx context.Context) {
			w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[key] = []byte(value) })
		}
	}
	tokenIs := func(raw func() string) func(context.Context) {
		return func(ctx context.Context) {
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultTokenKey] = []byte(raw()) })
		}
	}
	minted := func(token capability.Token, key string) func() string {
		return func() string {
			raw, err := capability.Mint(token, key)
			Expect(err).NotTo(HaveOccurred())
			return raw
		}
	}
	tokenOf := func(client string, at time.Time) capability.Token {
		return capability.Token{AccountSID: accountSID, Grant: capability.Grant{ClientName: client, Incoming: true}, IssuedAt: at}
	}
	now := startOfTime.Add(time.Minute) // when the specs' changes are made

	DescribeTable("is issued once, and an event says why, when",
		func(ctx SpecContext, happens func(context.Context), why string) {
			w.declare(ctx)
			w.pass(ctx)
			w.step(time.Minute)
			before := w.raw(ctx)
			w.told()

			happens(ctx)
			w.pass(ctx)
			Expect(w.raw(ctx)).NotTo(Equal(before))
			Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
			Expect(w.told()).To(ConsistOf(`Normal Reissued Issued a new token into Secret "tommy": ` + why))
			Expect(w.conditions(ctx)).To(Equal(ready))
			w.step(time.Second)
			w.expectRest(ctx)
		},
		Entry("ttl changes", declares(ttl("2h")), "the declaration changed"),
		Entry("ttl gets shorter", declares(ttl("10m")), "the declaration changed"),
		Entry("clientName changes", declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "tom.tester" }), "the declaration changed"),
		Entry("outgoing is added", declares(outgoing(applicationSID, nil)), "the declaration changed"),
		Entry("incoming is removed", declares(outgoing(applicationSID, nil), func(c *v1alpha1.ClientCapability) { c.Spec.Incoming = false }), "the declaration changed"),
		Entry("the AuthToken is rotated", accountSays(v1alpha1.DefaultAuthTokenKey, otherAuthToken),
			"the token was not signed with the account's present credentials: rotated, or edited by hand"),
		Entry("the account becomes another", accountSays(v1alpha1.DefaultAccountSIDKey, otherAccountSID), "the token spoke for another account or region"),
		Entry("the Secret is deleted", func(ctx context.Context) { w.deleteSecret(ctx, tommy) },
			"the Secret was missing: deleted, or its name was changed"),
		Entry("the token is overwritten", tokenIs(func() string { return "changeme" }), "what the Secret held was no token"),
		Entry("the token gets a line break at its end", tokenIs(func() string { return w.raw(context.Background()) + "\n" }), "what the Secret held was no token"),
		Entry("the token is a megabyte of nothing", tokenIs(func() string { return strings.Repeat("x", 1<<19) }), "what the Secret held was no token"),
		Entry("the token is emptied", tokenIs(func() string { return "" }), "the Secret had no token under the key"),
		Entry("the token's key is removed", func(ctx context.Context) {
			w.edit(ctx, tommy, func(s *corev1.Secret) { delete(s.Data, v1alpha1.DefaultTokenKey) })
		}, "the Secret had no token under the key"),
		Entry("all data is removed", func(ctx context.Context) {
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data = nil })
		}, "the Secret had no token under the key"),
		Entry("the token is replaced by one that another key signed", tokenIs(minted(tokenOf("tommy.tester", now), otherAuthToken)),
			"the token was not signed with the account's present credentials: rotated, or edited by hand"),
		Entry("another client's token is pasted over it", tokenIs(minted(tokenOf("anna.tester", now), authToken)), "the declaration changed"),
		Entry("a longer-lived token is pasted over it", tokenIs(func() string {
			longer := tokenOf("tommy.tester", now)
			longer.ExpiresAt = now.Add(23 * time.Hour)
			return minted(longer, authToken)()
		}), "the declaration changed"),
		Entry("an expired token of its own is pasted over it", tokenIs(minted(tokenOf("tommy.tester", now.Add(-2*time.Hour)), authToken)),
			"the former token had expired"),
		Entry("a token from the future is pasted over it", tokenIs(minted(tokenOf("tommy.tester", now.Add(time.Hour)), authToken)),
			"the token was issued in the future, by a clock that was ahead"),
		Entry("one is requested", declares(renewRequested("2026-03-01T12:01:00Z")), "a renewal was requested"),
		Entry("the clock turns out to have been ahead", func(context.Context) { w.clock.SetTime(startOfTime.Add(-time.Hour)) },
			"the token was issued in the future, by a clock that was ahead"),
		Entry("it expired while no manager ran", func(context.Context) { w.step(3 * time.Hour); w.restart() }, "the former token had expired"),
	)

	DescribeTable("is issued once for a change of what may be called, when",
		func(ctx SpecContext, from, to declaration) {
			w.declare(ctx, from)
			w.pass(ctx)
			w.step(time.Minute)
			w.change(ctx, to)
			w.pass(ctx)
			Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
			w.step(time.Second)
			w.expectRest(ctx)
		},
		Entry("outgoing is removed", outgoing(applicationSID, nil), declaration(func(c *v1alpha1.ClientCapability) { c.Spec.Outgoing = nil })),
		Entry("the application changes", outgoing(applicationSID, nil), outgoing("APffffffffffffffffffffffffffffffff", nil)),
		Entry("a param is added", outgoing(applicationSID, nil), outgoing(applicationSID, map[string]v1alpha1.ParamValue{"team": "a"})),
		Entry("a param changes", outgoing(applicationSID, map[string]v1alpha1.ParamValue{"team": "a"}),
			outgoing(applicationSID, map[string]v1alpha1.ParamValue{"team": "b"})),
		Entry("a param is removed", outgoing(applicationSID, map[string]v1alpha1.ParamValue{"team": "a"}), outgoing(applicationSID, nil)),
	)

	It("says what the changed declaration says", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.change(ctx, ttl("5s"), outgoing(applicationSID, map[string]v1alpha1.ParamValue{"k": "v"}))
		w.pass(ctx)
		token := w.token(ctx)
		Expect(token.Grant.Outgoing).To(Equal(&capability.Outgoing{ApplicationSID: applicationSID, Params: map[string]string{"k": "v"}}))
		Expect(token.ExpiresAt.Sub(token.IssuedAt)).To(Equal(5 * time.Second))
		Expect(w.object(ctx).Status.Token.ExpiresAt.Time).To(BeTemporally("==", token.ExpiresAt))
	})

	It("is no first one, though nothing was left of those before it", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.deleteSecret(ctx, twilio)
		w.deleteSecret(ctx, tommy)
		w.pass(ctx)
		w.createAccount(ctx, twilio, accountSID, authToken)
		w.told()
		w.pass(ctx)
		Expect(w.told()).To(ConsistOf(HavePrefix("Normal Reissued ")))
	})

	It("speaks for the account that is referred to now", func(ctx SpecContext) {
		w.createAccount(ctx, "second", otherAccountSID, otherAuthToken)
		w.declare(ctx)
		w.pass(ctx)
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.AccountRef.Name = "second" })
		w.pass(ctx)
		token, err := capability.Verify(w.raw(ctx), otherAuthToken, w.clock.Now())
		Expect(err).NotTo(HaveOccurred())
		Expect(token.AccountSID).To(Equal(otherAccountSID))
		Expect(w.object(ctx).Status.AccountSID).To(Equal(otherAccountSID))
		Expect(w.object(ctx).Status.Token.SignedBy).To(Equal(otherAccountSID))
	})
})
