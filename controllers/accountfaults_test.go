package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("An account that can't sign", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	accountIs := func(change func(*corev1.Secret)) func(context.Context) {
		return func(ctx context.Context) { w.edit(ctx, twilio, change) }
	}
	valueIs := func(key, value string) func(context.Context) {
		return accountIs(func(s *corev1.Secret) { s.Data[key] = []byte(value) })
	}
	keyIsGone := func(key string) func(context.Context) {
		return accountIs(func(s *corev1.Secret) { delete(s.Data, key) })
	}
	restore := func(ctx context.Context) {
		if w.findSecret(ctx, twilio) != nil {
			w.deleteSecret(ctx, twilio)
		}
		w.createAccount(ctx, twilio, accountSID, authToken)
	}

	// Each row: what is wrong, with which reason, and what its message must say.
	rows := []TableEntry{
		Entry("for it is missing", func(ctx context.Context) { w.deleteSecret(ctx, twilio) },
			v1alpha1.ReasonAccountNotFound, "kubectl label secret"),
		Entry("for its owner has not labelled it", accountIs(func(s *corev1.Secret) { s.Labels = nil }),
			v1alpha1.ReasonAccountNotFound, "kubectl label secret"),
		Entry("for its label says no", accountIs(func(s *corev1.Secret) { s.Labels[v1alpha1.AccountLabel] = "false" }),
			v1alpha1.ReasonAccountNotFound, "kubectl label secret"),
		Entry("for it has no account SID", keyIsGone(v1alpha1.DefaultAccountSIDKey),
			v1alpha1.ReasonAccountKeyMissing, `"TWILIO_ACCOUNT_SID"`),
		Entry("for it has no AuthToken", keyIsGone(v1alpha1.DefaultAuthTokenKey),
			v1alpha1.ReasonAccountKeyMissing, `"TWILIO_AUTH_TOKEN"`),
		Entry("for its AuthToken is empty", valueIs(v1alpha1.DefaultAuthTokenKey, ""),
			v1alpha1.ReasonAccountKeyMissing, `"TWILIO_AUTH_TOKEN"`),
		Entry("for its AuthToken is a line break", valueIs(v1alpha1.DefaultAuthTokenKey, "\r\n"),
			v1alpha1.ReasonAccountKeyMissing, `"TWILIO_AUTH_TOKEN"`),
		Entry("for its account SID is an API key's", valueIs(v1alpha1.DefaultAccountSIDKey, "SK0123456789abcdef0123456789abcdef"),
			v1alpha1.ReasonAccountMalformed, `"TWILIO_ACCOUNT_SID"`),
		Entry("for its AuthToken is a placeholder", valueIs(v1alpha1.DefaultAuthTokenKey, "<put your token here>"),
			v1alpha1.ReasonAccountMalformed, `"TWILIO_AUTH_TOKEN"`),
		Entry("for its AuthToken ends in two line breaks", valueIs(v1alpha1.DefaultAuthTokenKey, authToken+"\n\n"),
			v1alpha1.ReasonAccountMalformed, `"TWILIO_AUTH_TOKEN"`),
		Entry("for its AuthToken goes on and on", valueIs(v1alpha1.DefaultAuthTokenKey, authToken+authToken+authToken+authToken+"0"),
			v1alpha1.ReasonAccountMalformed, `"TWILIO_AUTH_TOKEN"`),
	}
	whileNone := func(reason string) conditions {
		if reason == v1alpha1.ReasonAccountNotFound {
			return waiting(reason)
		}
		return stalled(reason)
	}
	healthWhileNone := func(reason string) status.Status {
		if reason == v1alpha1.ReasonAccountNotFound {
			return status.InProgressStatus // it may be applied a moment later
		}
		return status.FailedStatus
	}

	DescribeTable("keeps a first token from being issued until it is mended,", func(ctx SpecContext, spoil func(context.Context), reason, says string) {
		spoil(ctx)
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(whileNone(reason)))
		Expect(w.health(ctx)).To(Equal(healthWhileNone(reason)))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(ContainSubstring(`"twilio"`), ContainSubstring(says)))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning " + reason + " ")))
		w.expectRest(ctx)

		restore(ctx)
		w.pass(ctx)
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
	}, rows)

	DescribeTable("lets a token live to its end, and say so,", func(ctx SpecContext, spoil func(context.Context), reason, says string) {
		w.declare(ctx)
		w.pass(ctx)
		w.told()
		before, expiry := w.secret(ctx, tommy), w.token(ctx).ExpiresAt
		spoil(ctx)
		for w.clock.Now().Before(expiry) {
			after := w.pass(ctx).RequeueAfter
			Expect(w.conditions(ctx)).To(Equal(failing(reason)))
			Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
			Expect(w.message(ctx, v1alpha1.RenewalFailingCondition)).To(ContainSubstring(says))
			w.step(after)
		}
		Expect(w.clock.Now()).To(BeTemporally("<", expiry.Add(time.Second)), "the expiry is told when it comes")
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(expired(whileNone(reason))))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(ContainSubstring("expired"), ContainSubstring(says)))
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning " + reason + " ")))

		restore(ctx)
		w.pass(ctx)
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
		w.expectRest(ctx)
	}, rows)

	It("for it is missing can't be told from one without the label, letter for letter", func(ctx SpecContext) {
		w.declare(ctx)
		w.deleteSecret(ctx, twilio)
		w.pass(ctx)
		missing, missingEvents := w.object(ctx).Status, w.told()
		Expect(w.api.Delete(ctx, w.object(ctx))).To(Succeed())
		w.pass(ctx)

		w.createAccount(ctx, twilio, accountSID, authToken)
		accountIs(func(s *corev1.Secret) { s.Labels = nil })(ctx)
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.object(ctx).Status).To(Equal(missing))
		Expect(w.told()).To(Equal(missingEvents))
		Expect(missing.Conditions[0].Message).To(HaveSuffix("kubectl label secret --namespace " + w.namespace +
			" twilio voice.capability-operator.io/account=true"))
	})

	It("for want of a label heals without a loss: the token stays if it still fits", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		before := w.secret(ctx, tommy)
		accountIs(func(s *corev1.Secret) { s.Labels = nil })(ctx)
		w.pass(ctx)
		accountIs(func(s *corev1.Secret) { metav1.SetMetaDataLabel(&s.ObjectMeta, v1alpha1.AccountLabel, "true") })(ctx)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	Context("whose keys have names of their own", func() {
		BeforeEach(func(ctx SpecContext) {
			accountIs(func(s *corev1.Secret) {
				s.Data = map[string][]byte{"sid": []byte(accountSID), "auth": []byte(authToken), v1alpha1.DefaultAuthTokenKey: []byte(otherAuthToken)}
			})(ctx)
			w.declare(ctx, func(c *v1alpha1.ClientCapability) {
				c.Spec.AccountRef.Keys = &v1alpha1.AccountKeys{AccountSID: "sid", AuthToken: "auth"}
			})
		})

		It("signs with those", func(ctx SpecContext) {
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
			w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = s.Data["auth"] })
			Expect(w.token(ctx).AccountSID).To(Equal(accountSID))
		})

		DescribeTable("is asked for those", func(ctx SpecContext, key string) {
			keyIsGone(key)(ctx)
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonAccountKeyMissing)))
			Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(
				ContainSubstring(`"`+key+`"`), ContainSubstring("spec.accountRef.keys")))
		}, Entry("when the account SID is missing", "sid"), Entry("when the AuthToken is missing", "auth"))
	})
})
