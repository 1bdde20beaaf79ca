package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A renew request", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.declare(ctx)
		w.pass(ctx)
		w.step(time.Minute)
	})

	It("is echoed in status and in the Secret, reformatted", func(ctx SpecContext) {
		w.change(ctx, renewRequested("2026-03-01T14:01:00.25+02:00"))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).Annotations).To(HaveKeyWithValue(v1alpha1.AnsweredRenewRequestAnnotation, "2026-03-01T12:01:00.25Z"))
		Expect(w.object(ctx).Status.LastRenewRequest.Time).To(BeTemporally("==", time.Date(2026, 3, 1, 12, 1, 0, 0, time.UTC)))
	})

	It("is answered once, however often it is repeated", func(ctx SpecContext) {
		w.change(ctx, renewRequested("2026-03-01T12:01:00Z"))
		w.pass(ctx)
		answer := w.raw(ctx)
		for _, same := range []string{"2026-03-01T13:01:00+01:00", "2026-03-01T12:01:00.000Z"} {
			w.step(time.Second)
			w.change(ctx, renewRequested(same))
			w.pass(ctx)
			Expect(w.raw(ctx)).To(Equal(answer))
		}
		w.step(time.Second)
		w.change(ctx, func(c *v1alpha1.ClientCapability) { delete(c.Annotations, v1alpha1.RenewRequestedAtAnnotation) })
		w.pass(ctx)
		w.change(ctx, renewRequested("2026-03-01T12:01:00Z"))
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(answer))
	})

	It("is answered once also by a fresh process with a lost status", func(ctx SpecContext) {
		w.change(ctx, renewRequested("2026-03-01T12:01:00Z"))
		w.pass(ctx)
		answer := w.raw(ctx)
		w.loseStatus(ctx)
		w.restart()
		w.step(time.Second)
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(answer))
		Expect(w.object(ctx).Status.LastRenewRequest).NotTo(BeNil())
	})

	It("is answered again with another value, also an earlier one", func(ctx SpecContext) {
		for _, request := range []string{"2026-03-01T12:01:00Z", "2026-03-01T12:02:00Z", "2026-02-01T00:00:00Z"} {
			before := w.raw(ctx)
			w.step(time.Second)
			w.change(ctx, renewRequested(request))
			w.pass(ctx)
			Expect(w.raw(ctx)).NotTo(Equal(before), request)
		}
	})

	It("is answered by a token that is issued for another cause at the same time", func(ctx SpecContext) {
		w.change(ctx, renewRequested("2026-03-01T12:01:00Z"), ttl("2h"))
		w.pass(ctx)
		w.step(time.Second)
		w.expectRest(ctx)
	})

	It("that can't be read is ignored, and Ready says so", func(ctx SpecContext) {
		before := w.secret(ctx, tommy)
		w.change(ctx, renewRequested("tomorrow"))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(
			ContainSubstring(v1alpha1.RenewRequestedAtAnnotation), ContainSubstring("RFC 3339"), Not(ContainSubstring("tomorrow"))))
		w.expectRest(ctx)

		w.change(ctx, renewRequested("2026-03-01T12:01:00Z"))
		w.pass(ctx)
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).NotTo(ContainSubstring("RFC 3339"))
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
	})
})
