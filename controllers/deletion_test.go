package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("The deletion of an object", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	remove := func(ctx context.Context, policy metav1.DeletionPropagation) {
		GinkgoHelper()
		Expect(w.api.Delete(ctx, w.object(ctx), client.PropagationPolicy(policy))).To(Succeed())
		Eventually(func(ctx context.Context) *v1alpha1.ClientCapability { return w.find(ctx, tommy) }).WithContext(ctx).Should(BeNil())
	}
	secretIsGone := func(ctx context.Context) {
		GinkgoHelper()
		Eventually(func(ctx context.Context) *corev1.Secret { return w.findSecret(ctx, tommy) }).WithContext(ctx).Should(BeNil())
	}

	DescribeTable("takes the Secret along",
		func(ctx SpecContext, propagation metav1.DeletionPropagation) {
			w.declare(ctx)
			w.pass(ctx)
			remove(ctx, propagation)
			secretIsGone(ctx)
			Expect(w.pass(ctx)).To(Equal(reconcile.Result{}))
		},
		Entry("in the background", metav1.DeletePropagationBackground),
		Entry("in the foreground", metav1.DeletePropagationForeground),
	)

	It("has nothing made again while something holds it up", func(ctx SpecContext) {
		w.declare(ctx, func(c *v1alpha1.ClientCapability) { c.Finalizers = []string{"example.com/hold"} })
		w.pass(ctx)
		Expect(w.api.Delete(ctx, w.object(ctx), client.PropagationPolicy(metav1.DeletePropagationForeground))).To(Succeed())
		secretIsGone(ctx)
		w.told()
		for range 2 {
			Expect(w.pass(ctx)).To(Equal(reconcile.Result{}))
			w.step(2 * time.Hour)
		}
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.told()).To(BeEmpty())
	})

	It("leaves a Secret that is to be retained, which nobody owns then", func(ctx SpecContext) {
		w.declare(ctx, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		Expect(secret.OwnerReferences).To(BeEmpty())
		Expect(secret.Annotations).To(HaveKeyWithValue(v1alpha1.OwnerAnnotation, tommy))
		remove(ctx, metav1.DeletePropagationForeground)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(secret))
	})

	It("is followed, under the same name, by one that takes up a retained Secret as it is", func(ctx SpecContext) {
		w.declare(ctx, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		remove(ctx, metav1.DeletePropagationBackground)
		w.pass(ctx)
		w.told()
		secret := w.secret(ctx, tommy)

		w.step(time.Minute)
		w.declare(ctx, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(secret))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.told()).To(BeEmpty())
		w.expectRest(ctx)
	})

	It("is followed, where the token fits no longer, by a new one in the retained Secret", func(ctx SpecContext) {
		w.declare(ctx, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		remove(ctx, metav1.DeletePropagationBackground)
		uid := w.secret(ctx, tommy).UID
		w.step(time.Minute)
		w.declare(ctx, ttl("2h"))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).UID).To(Equal(uid))
		Expect(w.secret(ctx, tommy).OwnerReferences).To(HaveLen(1))
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
	})

	It("leaves a retained Secret in peace also when its successor wants another name", func(ctx SpecContext) {
		w.declare(ctx, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		remove(ctx, metav1.DeletePropagationBackground)
		w.pass(ctx)
		retained := w.secret(ctx, tommy)
		w.declare(ctx, secretName("elsewhere"))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(retained))
		w.secret(ctx, "elsewhere")
		w.expectRest(ctx)
	})

	It("that orphans what it owned leaves a Secret for its successor", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		token := w.raw(ctx)
		remove(ctx, metav1.DeletePropagationOrphan)
		Expect(w.secret(ctx, tommy).OwnerReferences).To(BeEmpty())
		w.step(time.Minute)
		successor := w.declare(ctx)
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(token))
		Expect(w.secret(ctx, tommy).OwnerReferences).To(HaveLen(1))
		Expect(w.secret(ctx, tommy).OwnerReferences[0].UID).To(Equal(successor.UID))
	})

	It("under whose name another is created at once ends with one live token", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.api.Delete(ctx, w.object(ctx))).To(Succeed())
		w.step(time.Minute)
		successor := w.declare(ctx)
		Eventually(func(g Gomega, ctx context.Context) { // garbage collection may come before or after the pass
			w.pass(ctx)
			secret := w.findSecret(ctx, tommy)
			g.Expect(secret).NotTo(BeNil())
			g.Expect(secret.OwnerReferences).To(HaveLen(1))
			g.Expect(secret.OwnerReferences[0].UID).To(Equal(successor.UID))
		}).WithContext(ctx).Should(Succeed())
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	DescribeTable("goes by the policy that was declared last", func(ctx SpecContext, from, to v1alpha1.DeletionPolicy, owners int) {
		w.declare(ctx, deletionPolicy(from))
		w.pass(ctx)
		w.told()
		w.step(time.Minute)
		token := w.raw(ctx)
		w.change(ctx, deletionPolicy(to))
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(token))
		Expect(w.secret(ctx, tommy).OwnerReferences).To(HaveLen(owners))
		Expect(w.told()).To(BeEmpty())
		w.expectRest(ctx)
	},
		Entry("when that is Retain after Delete", v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain, 0),
		Entry("when that is Delete after Retain", v1alpha1.DeletionPolicyRetain, v1alpha1.DeletionPolicyDelete, 1),
	)

	DescribeTable("goes by the policy that was declared last, also where no token can be issued,",
		func(ctx SpecContext, hinder func(context.Context)) {
			w.declare(ctx)
			w.pass(ctx)
			hinder(ctx)
			w.pass(ctx)
			token := w.raw(ctx)
			w.change(ctx, deletionPolicy(v1alpha1.DeletionPolicyRetain))
			w.pass(ctx)
			Expect(w.secret(ctx, tommy).OwnerReferences).To(BeEmpty(), "deleting the object would take the Secret along")
			Expect(w.raw(ctx)).To(Equal(token))
			w.expectRest(ctx)
			w.change(ctx, deletionPolicy(v1alpha1.DeletionPolicyDelete))
			w.pass(ctx)
			Expect(w.secret(ctx, tommy).OwnerReferences).To(HaveLen(1))
			w.expectRest(ctx)
		},
		Entry("for want of an account", func(ctx context.Context) { w.deleteSecret(ctx, twilio) }),
		Entry("while it is suspended", func(ctx context.Context) { w.change(ctx, suspended(true)) }),
		Entry("though it has expired", func(ctx context.Context) { w.deleteSecret(ctx, twilio); w.step(2 * time.Hour) }),
	)

	It("is survived by a Secret whose owner reference, as after a restore, names an earlier incarnation", func(ctx SpecContext) {
		w = newWorldOn(ctx, bareCluster(ctx)) // where no garbage collection comes first
		w.declare(ctx)
		w.pass(ctx)
		backup := w.secret(ctx, tommy)
		Expect(w.api.Delete(ctx, w.object(ctx))).To(Succeed())
		w.deleteSecret(ctx, tommy)
		w.pass(ctx)

		backup.ObjectMeta = metav1.ObjectMeta{
			Namespace: backup.Namespace, Name: backup.Name,
			Annotations: backup.Annotations, OwnerReferences: backup.OwnerReferences,
		}
		Expect(w.api.Create(ctx, backup)).To(Succeed())
		successor := w.declare(ctx)
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		Expect(secret.UID).To(Equal(backup.UID))
		Expect(secret.Data).To(Equal(backup.Data))
		Expect(secret.OwnerReferences).To(HaveLen(1))
		Expect(secret.OwnerReferences[0].UID).To(Equal(successor.UID))
	})
})
