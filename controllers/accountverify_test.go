package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

var _ = Describe("Whether Twilio accepts the credentials of a ClusterAccount", func() {
	answered := func(answer string) conditions {
		return conditions{
			v1alpha1.ReadyCondition:               "True " + v1alpha1.ReasonCredentialsValid,
			v1alpha1.CredentialsAcceptedCondition: answer,
		}
	}
	const (
		accepted    = "True Accepted"
		refused     = "False Refused"
		inactive    = "False AccountInactive"
		unreachable = "Unknown Unreachable"
	)
	asked := func(l *lender) int { return len(l.stub.Requests()) }

	It("is asked by nobody where its owner does not want that", func(ctx SpecContext) {
		l := newLender(ctx)
		l.look(ctx)
		l.step(200 * time.Hour)
		l.look(ctx)
		Expect(l.stub.Requests()).To(BeEmpty())
		Expect(l.says(ctx)).NotTo(HaveKey(v1alpha1.CredentialsAcceptedCondition))
	})

	It("is asked once in each interval, and never changes Ready", func(ctx SpecContext) {
		l := newLender(ctx, verified("1h"))
		result := l.look(ctx)
		Expect(l.says(ctx)).To(Equal(answered(accepted)))
		Expect(l.lent(ctx).Status.CredentialsCheckedAt.Time).To(BeTemporally("~", l.clock.Now(), time.Second))
		Expect(result.RequeueAfter).To(BeNumerically("~", time.Hour, time.Second))

		l.step(59 * time.Minute)
		l.look(ctx)
		Expect(asked(l)).To(Equal(1))

		for _, turn := range []struct {
			become func()
			want   string
		}{{l.stub.Suspend, inactive}, {l.stub.Refuse, refused}, {l.stub.CloseAccount, inactive}, {l.stub.Accept, accepted}} {
			turn.become()
			l.step(time.Hour)
			l.look(ctx)
			Expect(l.says(ctx)).To(Equal(answered(turn.want)))
		}
		Expect(asked(l)).To(Equal(5))
		Expect(l.told()).To(HaveExactElements(ContainSubstring(inactive[6:]), ContainSubstring("Refused"), ContainSubstring(inactive[6:])))
	})

	It("is asked at once about credentials that have changed", func(ctx SpecContext) {
		l := newLender(ctx, verified("24h"))
		l.look(ctx)
		l.putAuthToken(ctx, otherAuthToken)
		l.step(time.Second)
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(answered(refused)), "Twilio knows the former one alone")
		l.stub.SetAccount(twiliotest.Account{SID: accountSID, AuthToken: otherAuthToken})
		l.step(24 * time.Hour)
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(answered(accepted)))
	})

	It("is asked again after waits that double while there is no answer, up to the interval", func(ctx SpecContext) {
		l := newLender(ctx, verified("1h"))
		l.stub.Down()
		var waits []time.Duration
		for range 8 {
			result := l.look(ctx)
			Expect(l.says(ctx)).To(Equal(answered(unreachable)))
			waits = append(waits, result.RequeueAfter.Round(time.Minute))
			l.step(result.RequeueAfter)
		}
		Expect(waits).To(Equal([]time.Duration{
			time.Minute, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour,
		}))
		Expect(asked(l)).To(Equal(8))
		l.stub.Accept()
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(answered(accepted)))
	})

	It("is not asked before the time that Twilio asks for", func(ctx SpecContext) {
		l := newLender(ctx, verified("6h"))
		l.stub.Throttle(1800)
		result := l.look(ctx)
		Expect(l.says(ctx)).To(Equal(answered(unreachable)))
		Expect(result.RequeueAfter).To(BeNumerically("~", 30*time.Minute, time.Second))
		l.putAuthToken(ctx, otherAuthToken)
		l.step(time.Minute)
		l.look(ctx)
		Expect(asked(l)).To(Equal(1))
	})

	It("is asked anew by another process, which can't know about which credentials it was", func(ctx SpecContext) {
		l := newLender(ctx, verified("24h"))
		l.look(ctx)
		l.begin()
		l.step(time.Minute)
		l.look(ctx)
		Expect(asked(l)).To(Equal(1), "but not one process after another")
		l.begin()
		l.step(5 * time.Minute)
		l.look(ctx)
		Expect(asked(l)).To(Equal(2))
	})

	It("is nothing to ask about while the account can't sign, and nobody's affair once verify goes", func(ctx SpecContext) {
		l := newLender(ctx, verified("1h"))
		l.look(ctx)
		l.putAuthToken(ctx, "short")
		l.step(2 * time.Hour)
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(stalled(v1alpha1.ReasonAccountMalformed)))
		Expect(asked(l)).To(Equal(1))

		l.putAuthToken(ctx, authToken)
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(answered(accepted)))
		lent := l.lent(ctx)
		lent.Spec.Verify = nil
		Expect(l.api.Update(ctx, lent)).To(Succeed())
		l.look(ctx)
		Expect(l.says(ctx)).NotTo(HaveKey(v1alpha1.CredentialsAcceptedCondition))
		Expect(l.lent(ctx).Status.CredentialsCheckedAt).To(BeNil())
	})
})
