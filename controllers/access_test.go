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

const (
	apiKey         = "SK0123456789abcdef0123456789abcdef"
	otherAPIKey    = "SKfedcba9876543210fedcba9876543210"
	apiSecret      = "Zk1d2f9a8be34750a1b2d3e4f5968770"
	otherAPISecret = "Yk1d2f9a8be34750a1b2d3e4f5968770"
)

var _ = Describe("An Access token", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.secrets.add(apiSecret, otherAPISecret)
	})
	access := func(c *v1alpha1.ClientCapability) {
		c.Spec.TokenType, c.Spec.ClientName = v1alpha1.TokenTypeAccess, "tommy"
	}
	accountHas := func(ctx context.Context, values map[string]string) {
		w.edit(ctx, twilio, func(s *corev1.Secret) {
			for key, value := range values {
				s.Data[key] = []byte(value)
			}
		})
	}
	withAPIKey := func(ctx context.Context) {
		accountHas(ctx, map[string]string{v1alpha1.DefaultAPIKeyKey: apiKey, v1alpha1.DefaultAPISecretKey: apiSecret})
	}
	withoutAuthToken := func(ctx context.Context) {
		w.edit(ctx, twilio, func(s *corev1.Secret) { delete(s.Data, v1alpha1.DefaultAuthTokenKey) })
	}
	verified := func(ctx context.Context, key string) capability.Token {
		token, err := capability.Verify(w.raw(ctx), key, w.clock.Now())
		Expect(err).NotTo(HaveOccurred())
		return token
	}

	It("is signed with an API key alone, and has the header and the claims that Twilio documents", func(ctx SpecContext) {
		withAPIKey(ctx)
		withoutAuthToken(ctx)
		w.declare(ctx, access, func(c *v1alpha1.ClientCapability) {
			c.Spec.PushCredentialSID = "CR0123456789abcdef0123456789abcdef"
			c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID, Params: map[string]v1alpha1.ParamValue{"team": "support & sales"}}
		})
		w.pass(ctx)
		segments := strings.Split(w.raw(ctx), ".")
		Expect(decode(segments[0])).To(Equal(map[string]any{"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"}))
		Expect(decode(segments[1])).To(Equal(map[string]any{
			"jti": apiKey + "-" + "1772366400", "iss": apiKey, "sub": accountSID,
			"iat": float64(startOfTime.Unix()), "exp": float64(startOfTime.Unix() + 3600),
			"grants": map[string]any{"identity": "tommy", "voice": map[string]any{
				"incoming":            map[string]any{"allow": true},
				"outgoing":            map[string]any{"application_sid": applicationSID, "params": map[string]any{"team": "support & sales"}},
				"push_credential_sid": "CR0123456789abcdef0123456789abcdef",
			}},
		}))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.object(ctx).Status.Token.SignedBy).To(Equal(apiKey))
		Expect(w.object(ctx).Status.AccountSID).To(Equal(accountSID))
		w.expectRest(ctx)
		w.restart()
		w.expectRest(ctx)
	})

	It("names the region of its account", func(ctx SpecContext) {
		withAPIKey(ctx)
		accountHas(ctx, map[string]string{v1alpha1.DefaultRegionKey: "ie1\n"})
		w.declare(ctx, access)
		w.pass(ctx)
		Expect(decode(strings.Split(w.raw(ctx), ".")[0])).To(HaveKeyWithValue("twr", "ie1"))
		w.expectRest(ctx)
	})

	It("takes the place of a Capability token once, right away, and gives it back", func(ctx SpecContext) {
		w.declare(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "tommy" })
		w.pass(ctx)
		withAPIKey(ctx)
		w.told()
		w.step(time.Minute)
		w.change(ctx, access)
		w.pass(ctx)
		Expect(verified(ctx, apiSecret)).To(Equal(capability.Token{
			Type: capability.TypeAccess, AccountSID: accountSID, KeySID: apiKey,
			Grant:    capability.Grant{ClientName: "tommy", Incoming: true},
			IssuedAt: whole(w.clock.Now()), ExpiresAt: whole(w.clock.Now()).Add(time.Hour),
		}))
		Expect(w.told()).To(ConsistOf(HaveSuffix("the declaration changed")))
		Expect(w.conditions(ctx)).To(Equal(ready))
		w.expectRest(ctx)

		w.step(time.Minute)
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.TokenType = v1alpha1.TokenTypeCapability })
		w.pass(ctx)
		Expect(w.token(ctx).Type).To(Equal(capability.TypeCapability))
		Expect(w.object(ctx).Status.Token.SignedBy).To(Equal(accountSID))
		w.expectRest(ctx)
	})

	It("is made anew at once when its API key is replaced, and not when the AuthToken is", func(ctx SpecContext) {
		withAPIKey(ctx)
		w.declare(ctx, access)
		w.pass(ctx)
		accountHas(ctx, map[string]string{v1alpha1.DefaultAuthTokenKey: otherAuthToken})
		w.expectRest(ctx)
		w.told()
		accountHas(ctx, map[string]string{v1alpha1.DefaultAPIKeyKey: otherAPIKey, v1alpha1.DefaultAPISecretKey: otherAPISecret})
		w.pass(ctx)
		Expect(verified(ctx, otherAPISecret).KeySID).To(Equal(otherAPIKey))
		Expect(w.told()).To(ConsistOf(HaveSuffix("the token was not signed with the account's present credentials: rotated, or edited by hand")))
		w.expectRest(ctx)
	})

	It("waits for its API key, and leaves the Capability token where it is meanwhile", func(ctx SpecContext) {
		w.declare(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "tommy" })
		w.pass(ctx)
		before := w.raw(ctx)
		w.change(ctx, access)
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonAccountKeyMissing)))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring(`"TWILIO_API_KEY"`))
		withAPIKey(ctx)
		w.pass(ctx)
		verified(ctx, apiSecret)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("is what an account of another region than us1 is good for alone", func(ctx SpecContext) {
		accountHas(ctx, map[string]string{v1alpha1.DefaultRegionKey: "ie1"})
		w.declare(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "tommy" })
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonRegionNotSupported)))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("set spec.tokenType to Access"))
		withAPIKey(ctx)
		w.change(ctx, access)
		w.pass(ctx)
		Expect(verified(ctx, apiSecret).Region).To(Equal("ie1"))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})
})
