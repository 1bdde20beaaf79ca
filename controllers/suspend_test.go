package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A suspended object", func() {
	var w *world
	live := conditions{v1alpha1.ReadyCondition: "True " + v1alpha1.ReasonSuspended}
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.declare(ctx)
		w.pass(ctx)
		w.told()
		w.step(time.Minute)
	})

	It("keeps its token, is ready with it, and names no time of renewal", func(ctx SpecContext) {
		before := w.secret(ctx, tommy)
		w.change(ctx, suspended(true))
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(live))
		Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("spec.suspend"))
		Expect(w.object(ctx).Status.Token.RenewsAt).To(BeNil())
		Expect(w.object(ctx).Status.Token.ExpiresAt.Time).To(BeTemporally("==", w.token(ctx).ExpiresAt))
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		Expect(w.told()).To(BeEmpty())
		w.expectRest(ctx)
	})

	It("is renewed by nothing, due, asked for or edited as it may be", func(ctx SpecContext) {
		w.change(ctx, suspended(true), renewRequested("2026-03-01T12:01:00Z"))
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Labels, s.Data["extra"] = map[string]string{"a": "b"}, []byte("c") })
		before := w.secret(ctx, tommy)
		w.pass(ctx)
		w.step(50 * time.Minute)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(live))
	})

	It("is looked at again when its token expires, and says so then", func(ctx SpecContext) {
		w.change(ctx, suspended(true))
		for range 20 {
			after := w.pass(ctx).RequeueAfter
			if w.conditions(ctx)[v1alpha1.ReadyCondition] != live[v1alpha1.ReadyCondition] {
				break
			}
			w.step(after)
		}
		Expect(w.clock.Now()).To(BeTemporally("<", startOfTime.Add(time.Hour+time.Second)))
		Expect(w.conditions(ctx)).To(Equal(expired(stalled(v1alpha1.ReasonSuspended))))
		Expect(w.health(ctx)).To(Equal(status.FailedStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(ContainSubstring("expired"), ContainSubstring("spec.suspend")))
		Expect(w.told()).To(BeEmpty(), "nothing fails: it was asked for")
	})

	It("goes on as before when it is resumed in time", func(ctx SpecContext) {
		token := w.raw(ctx)
		due := w.pass(ctx).RequeueAfter
		w.change(ctx, suspended(true))
		w.pass(ctx)
		w.change(ctx, suspended(false))
		Expect(w.pass(ctx).RequeueAfter).To(Equal(due))
		Expect(w.raw(ctx)).To(Equal(token))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.object(ctx).Status.Token.RenewsAt).NotTo(BeNil())
		w.expectRest(ctx)
	})

	It("has a new token at once when it is resumed after its token expired", func(ctx SpecContext) {
		w.change(ctx, suspended(true))
		w.pass(ctx)
		w.step(2 * time.Hour)
		w.pass(ctx)
		w.change(ctx, suspended(false))
		w.pass(ctx)
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.told()).To(ConsistOf(HaveSuffix("the former token had expired")))
		w.expectRest(ctx)
	})

	It("has everything put right when it is resumed", func(ctx SpecContext) {
		w.change(ctx, suspended(true), secretLabels(map[string]v1alpha1.LabelValue{"team": "support"}), ttl("2h"))
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSuspended)), "the token is for an earlier declaration")
		w.change(ctx, suspended(false))
		w.pass(ctx)
		Expect(w.token(ctx).ExpiresAt.Sub(w.token(ctx).IssuedAt)).To(Equal(2 * time.Hour))
		Expect(w.secret(ctx, tommy).Labels).To(Equal(map[string]string{"team": "support"}))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("has a renewal that was asked for meanwhile when it is resumed", func(ctx SpecContext) {
		w.change(ctx, suspended(true), renewRequested("2026-03-01T12:01:00Z"))
		w.pass(ctx)
		Expect(w.object(ctx).Status.LastRenewRequest).To(BeNil())
		w.change(ctx, suspended(false))
		w.pass(ctx)
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(w.object(ctx).Status.LastRenewRequest).NotTo(BeNil())
	})

	It("gets no first token either", func(ctx SpecContext) {
		w.declare(ctx, named(anna), suspended(true))
		w.passOver(ctx, anna)
		Expect(w.findSecret(ctx, anna)).To(BeNil())
		Expect(w.conditionsOf(ctx, anna)).To(Equal(stalled(v1alpha1.ReasonSuspended)))
	})

	It("keeps its token also when its account leaves", func(ctx SpecContext) {
		w.change(ctx, suspended(true))
		w.deleteSecret(ctx, twilio)
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(live))
	})
})
