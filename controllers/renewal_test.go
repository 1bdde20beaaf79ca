package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A renewal", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	declaredRenewBefore := func(d v1alpha1.Duration) declaration {
		return func(c *v1alpha1.ClientCapability) { c.Spec.RenewBefore = d }
	}

	It("comes when it is due and not a moment earlier", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		first := w.versions(ctx)
		w.step(due - time.Millisecond)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(250*time.Millisecond), "the last wait is no hot loop")
		Expect(w.versions(ctx)).To(Equal(first))

		w.step(time.Millisecond)
		w.pass(ctx)
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(w.conditions(ctx)).To(Equal(ready))
		w.expectRest(ctx)
	})

	It("is routine, and no event tells of it", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		w.told()
		w.step(due)
		w.pass(ctx)
		Expect(w.told()).To(BeEmpty())
	})

	It("changes the token and its expiry, and nothing else in the Secret", func(ctx SpecContext) {
		w.declare(ctx, secretLabels(map[string]v1alpha1.LabelValue{"team": "support"}))
		due := w.pass(ctx).RequeueAfter
		before := w.secret(ctx, tommy)
		w.step(due)
		w.pass(ctx)
		after := w.secret(ctx, tommy)
		Expect(after.Data[v1alpha1.ExpiresAtKey]).To(BeEquivalentTo(w.token(ctx).ExpiresAt.Format(time.RFC3339)))
		Expect(after.Data).NotTo(Equal(before.Data))
		before.Data, before.ManagedFields, before.ResourceVersion = after.Data, after.ManagedFields, after.ResourceVersion
		Expect(after).To(Equal(before))
	})

	It("moves status along, without a turn of any condition", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		before := w.object(ctx).Status
		w.step(due)
		next := w.pass(ctx).RequeueAfter
		after := w.object(ctx).Status
		Expect(after.Conditions).To(Equal(before.Conditions))
		Expect(after.Token.IssuedAt.Time).To(BeTemporally("==", whole(w.clock.Now())))
		Expect(after.Token.RenewsAt.Time).To(BeTemporally("==", whole(w.clock.Now().Add(next))))
	})

	It("is planned at the same moment by every process", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		w.restart()
		Expect(w.pass(ctx).RequeueAfter).To(Equal(due))
	})

	It("comes at moments that differ between objects of the same age", func(ctx SpecContext) {
		w.declare(ctx)
		w.declare(ctx, named(anna))
		Expect(w.pass(ctx).RequeueAfter).NotTo(Equal(w.passOver(ctx, anna).RequeueAfter))
	})

	It("is planned anew, and the token stays, when renewBefore changes", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		w.change(ctx, declaredRenewBefore("50m"))
		due := w.clock.Now().Add(w.pass(ctx).RequeueAfter)
		Expect(due).To(BeTemporally("<=", whole(startOfTime).Add(10*time.Minute)))
		Expect(due).To(BeTemporally(">=", whole(startOfTime).Add(9*time.Minute)))
		Expect(w.secret(ctx, tommy)).To(Equal(secret))
		Expect(w.object(ctx).Status.Token.RenewsAt.Time).To(BeTemporally("==", whole(due)))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("comes at once where a changed renewBefore says that it is overdue", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.told()
		w.step(20 * time.Minute)
		w.change(ctx, declaredRenewBefore("50m"))
		w.pass(ctx)
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(w.told()).To(BeEmpty())
	})

	DescribeTable("keeps the Secret from ever holding an expired token",
		func(ctx SpecContext, declared, renewBefore v1alpha1.Duration) {
			w.declare(ctx, ttl(declared), declaredRenewBefore(renewBefore))
			after := w.pass(ctx).RequeueAfter
			for range 20 {
				w.step(after)
				before := w.token(ctx) // verifies that it is alive still
				margin := before.ExpiresAt.Sub(w.clock.Now())
				if renewBefore != "" {
					Expect(margin).To(BeNumerically(">=", renewBefore.Value()))
				}
				after = w.pass(ctx).RequeueAfter
				Expect(w.token(ctx).IssuedAt).To(BeTemporally(">", before.IssuedAt))
				Expect(after).To(BeNumerically(">", 300*time.Millisecond), "renewals in a hot loop")
			}
		},
		Entry("with 5s, the shortest lifetime", v1alpha1.Duration("5s"), v1alpha1.Duration("")),
		Entry("with 24h, the longest", v1alpha1.Duration("24h"), v1alpha1.Duration("")),
		Entry("with 5s and the longest renewBefore that is admitted", v1alpha1.Duration("5s"), v1alpha1.Duration("4s")),
		Entry("with 24h and the longest renewBefore", v1alpha1.Duration("24h"), v1alpha1.Duration("21h36m")),
		Entry("with 24h and the shortest renewBefore", v1alpha1.Duration("24h"), v1alpha1.Duration("1s")),
		Entry("with 10s and the longest renewBefore", v1alpha1.Duration("10s"), v1alpha1.Duration("9s")),
	)
})
