package controllers_test

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var errRefused = errors.New("dial tcp 127.0.0.1:6443: connect: connection refused")

var _ = Describe("A call that fails", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	patching := func() { w.wire.lose(errRefused, "patch Secret") }

	Context("while the token lives", func() {
		var expiry time.Time
		BeforeEach(func(ctx SpecContext) {
			w.declare(ctx)
			due := w.pass(ctx).RequeueAfter
			expiry = w.token(ctx).ExpiresAt
			w.told()
			w.step(due)
		})

		It("leaves the object ready, and says why renewals fail", func(ctx SpecContext) {
			patching()
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonWriteFailed)))
			Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
			Expect(w.told()).To(ConsistOf(HavePrefix("Warning WriteFailed ")))
			Expect(w.message(ctx, v1alpha1.RenewalFailingCondition)).NotTo(ContainSubstring("127.0.0.1"), "texts of errors differ from one try to the next")
			Expect(w.heard.String()).To(ContainSubstring("connection refused"))
			w.step(time.Second)
			w.expectRest(ctx)
		})

		It("is made again within a tenth of what is left of it, and at most a minute, to the end", func(ctx SpecContext) {
			patching()
			tries := 0
			for ; w.clock.Now().Before(expiry); tries++ {
				left := expiry.Sub(w.clock.Now())
				after := w.pass(ctx).RequeueAfter
				Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonWriteFailed)))
				Expect(after).To(BeNumerically("<=", time.Minute))
				Expect(after).To(BeNumerically("<=", max(left/10, 250*time.Millisecond)))
				w.step(after)
			}
			Expect(tries).To(BeNumerically("<", 200), "a hot loop")
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(expired(waiting(v1alpha1.ReasonWriteFailed))))
			Expect(w.told()).To(HaveLen(1))

			w.wire.mend()
			w.pass(ctx)
			w.token(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
			Expect(w.told()).To(ConsistOf(HaveSuffix("the former token had expired")))
			w.expectRest(ctx)
		})

		It("is forgotten once one has succeeded", func(ctx SpecContext) {
			patching()
			w.pass(ctx)
			w.wire.mend()
			w.step(time.Minute)
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
			Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
			Expect(w.told()).To(HaveLen(1), "the warning; a renewal is routine")
		})

		It("is told by a reason of its own where the API server is too busy or too slow", func(ctx SpecContext) {
			w.wire.lose(apierrors.NewTooManyRequestsError("later"), "patch Secret")
			w.pass(ctx)
			Expect(w.message(ctx, v1alpha1.RenewalFailingCondition)).To(ContainSubstring("TooManyRequests"))
			w.wire.lose(context.DeadlineExceeded, "patch Secret")
			w.pass(ctx)
			Expect(w.message(ctx, v1alpha1.RenewalFailingCondition)).To(ContainSubstring("no answer"))
			Expect(w.told()).To(HaveLen(1), "one event for one reason")
		})
	})

	DescribeTable("before the first token is made again, from a second on, in waits that double up to a minute, when it",
		func(ctx SpecContext, call string) {
			w.wire.lose(errRefused, call)
			w.declare(ctx)
			var waits []time.Duration
			for range 10 {
				after := w.pass(ctx).RequeueAfter
				waits = append(waits, after)
				w.step(after)
			}
			Expect(waits).To(Equal([]time.Duration{
				time.Second, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
				time.Minute, time.Minute, time.Minute,
			}))
			Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonWriteFailed)))
			Expect(w.health(ctx)).To(Equal(status.InProgressStatus))
			Expect(w.told()).To(ConsistOf(HavePrefix("Warning WriteFailed ")))
			w.wire.mend()
			w.pass(ctx)
			w.token(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
			Expect(w.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
		},
		Entry("creates the Secret", "create Secret"),
		Entry("looks at the object before that", "get ClientCapability"),
	)

	It("after another kind of failure is tried again from a second on", func(ctx SpecContext) {
		w.deleteSecret(ctx, twilio)
		w.declare(ctx)
		w.pass(ctx)
		w.step(time.Hour)
		w.createAccount(ctx, twilio, accountSID, authToken)
		w.wire.lose(errRefused, "create Secret")
		Expect(w.pass(ctx).RequeueAfter).To(Equal(time.Second))
	})

	It("though it took effect leads to no second token", func(ctx SpecContext) {
		w.wire.loseAnswers(context.DeadlineExceeded, "create Secret", "patch Secret")
		w.declare(ctx)
		w.pass(ctx)
		w.wire.mend()
		created := w.raw(ctx)
		w.step(time.Second)
		due := w.pass(ctx).RequeueAfter
		Expect(w.raw(ctx)).To(Equal(created))
		Expect(w.conditions(ctx)).To(Equal(ready))

		w.step(due)
		w.wire.loseAnswers(context.DeadlineExceeded, "create Secret", "patch Secret")
		w.pass(ctx)
		w.wire.mend()
		renewed := w.raw(ctx)
		Expect(renewed).NotTo(Equal(created))
		w.step(time.Second)
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(renewed))
		Expect(w.conditions(ctx)).To(Equal(ready))
		w.expectRest(ctx)
	})

	It("when the status is written leads to no second token, and the event still comes", func(ctx SpecContext) {
		w.wire.lose(errRefused, "patch status of ClientCapability")
		w.declare(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", time.Minute))
		token := w.raw(ctx)
		Expect(w.told()).To(BeEmpty(), "events come after the status")
		w.wire.mend()
		w.step(time.Second)
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(token))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
		w.expectRest(ctx)
	})

	It("in removing the Secret's token by hand ends no differently", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["token"] = nil })
		patching()
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonWriteFailed)))
		w.wire.mend()
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("is not taken for somebody who fights over the Secret", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(otherAuthToken) })
		patching()
		for range 30 {
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonWriteFailed)))
		}
		w.wire.mend()
		w.pass(ctx)
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("that was to read the facts is made again while the token lives, however long that has failed", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		expiry := w.token(ctx).ExpiresAt
		w.reconciler.Reader = brokenReader{}
		for w.clock.Now().Before(expiry) {
			left := expiry.Sub(w.clock.Now())
			after := w.pass(ctx).RequeueAfter
			Expect(after).To(BeNumerically("<=", max(left/10, 250*time.Millisecond)))
			w.step(after)
		}
	})

	It("that was to read the facts is made again soon", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		before := w.versions(ctx)
		w.reconciler.Reader = brokenReader{}
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", time.Second))
		Expect(w.versions(ctx)).To(Equal(before))
		w.reconciler.Reader = w.reader
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})
})
