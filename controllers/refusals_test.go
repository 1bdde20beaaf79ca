package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A Secret that can't be written", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	eventuallyReady := func(ctx context.Context) {
		GinkgoHelper()
		Eventually(func(g Gomega, ctx context.Context) { // whoever refused takes a moment to hear that it was mended
			Expect(w.pass(ctx).RequeueAfter).To(BeNumerically(">=", 250*time.Millisecond))
			g.Expect(w.conditions(ctx)).To(Equal(ready))
		}).WithContext(ctx).Should(Succeed())
		w.token(ctx)
	}

	Context("because it is immutable", func() {
		BeforeEach(func(ctx SpecContext) {
			w.declare(ctx)
			w.pass(ctx)
			w.told()
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Immutable = new(true) })
		})

		It("is no fault while the token in it does", func(ctx SpecContext) {
			w.expectRest(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
		})

		It("is a fault once a renewal is due, and heals when the Secret is deleted", func(ctx SpecContext) {
			before := w.secret(ctx, tommy)
			w.step(50 * time.Minute)
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonSecretImmutable)))
			Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
			Expect(w.told()).To(ConsistOf(HavePrefix("Warning SecretImmutable ")))
			w.step(10 * time.Minute)
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(expired(stalled(v1alpha1.ReasonSecretImmutable))))
			Expect(w.secret(ctx, tommy)).To(Equal(before))

			w.deleteSecret(ctx, tommy)
			w.pass(ctx)
			w.token(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
		})

		It("is a fault at once where the declaration changes", func(ctx SpecContext) {
			w.change(ctx, ttl("2h"))
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretImmutable)))
			Expect(w.health(ctx)).To(Equal(status.FailedStatus))
			Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("delete it"))
		})

		It("is a fault of the same name where its data would have to be put right", func(ctx SpecContext) {
			w.deleteSecret(ctx, tommy)
			w.pass(ctx)
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["extra"], s.Immutable = []byte("smuggled"), new(true) })
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonSecretImmutable)))
		})

		It("still has its labels put right", func(ctx SpecContext) {
			w.change(ctx, secretLabels(map[string]v1alpha1.LabelValue{"team": "support"}))
			w.pass(ctx)
			Expect(w.secret(ctx, tommy).Labels).To(Equal(map[string]string{"team": "support"}))
			Expect(w.conditions(ctx)).To(Equal(ready))
		})
	})

	It("because a quota is used up says which quota, and heals when it is raised", func(ctx SpecContext) {
		quota := &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "few-secrets"},
			Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourceSecrets: resource.MustParse("1")}},
		}
		Expect(w.api.Create(ctx, quota)).To(Succeed())
		// The quota holds once its controller has counted and admission has heard of that.
		Eventually(func(ctx context.Context) error {
			one := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "one-more"}}
			return w.api.Create(ctx, one, client.DryRunAll)
		}).WithContext(ctx).Should(MatchError(ContainSubstring("exceeded quota")))

		w.declare(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", time.Second))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonQuotaExceeded)))
		Expect(w.health(ctx)).To(Equal(status.FailedStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring(`"few-secrets"`))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning QuotaExceeded ")))
		w.step(time.Hour)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))

		Expect(w.api.Get(ctx, client.ObjectKeyFromObject(quota), quota)).To(Succeed())
		quota.Spec.Hard[corev1.ResourceSecrets] = resource.MustParse("2")
		Expect(w.api.Update(ctx, quota)).To(Succeed())
		eventuallyReady(ctx)
	})

	It("does not shut out a token that is renewed in its place by a quota that is used up", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		Expect(w.api.Create(ctx, &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "few-secrets"},
			Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourceSecrets: resource.MustParse("0")}},
		})).To(Succeed())
		w.step(due)
		w.pass(ctx)
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("because its namespace is being deleted is nothing to make a noise about", func(ctx SpecContext) {
		w = newWorldOn(ctx, bareCluster(ctx)) // where nobody empties the namespace
		w.declare(ctx)
		Expect(w.api.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}})).To(Succeed())
		w.step(time.Second)
		before := w.versions(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically(">=", time.Second))
		Expect(w.versions(ctx)).To(Equal(before))
		Expect(w.told()).To(BeEmpty())
		Expect(w.heard.String()).NotTo(ContainSubstring(`"level":"ERROR"`))
	})

	It("because its namespace is being deleted is no talk of a missing account either", func(ctx SpecContext) {
		w = newWorldOn(ctx, bareCluster(ctx))
		w.declare(ctx)
		Expect(w.api.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}})).To(Succeed())
		w.deleteSecret(ctx, twilio) // by the same hand that empties the namespace
		before := w.versions(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically(">=", time.Second))
		Expect(w.versions(ctx)).To(Equal(before))
		Expect(w.told()).To(BeEmpty())
	})
})

var _ = Describe("Metadata with a prefix that is not allowed", func() {
	var w *world
	foreign := secretLabels(map[string]v1alpha1.LabelValue{"argocd.argoproj.io/secret-type": "cluster", "team": "support"})
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	It("keeps the first Secret from being made", func(ctx SpecContext) {
		w.declare(ctx, foreign)
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonMetadataNotAllowed)))
		Expect(w.health(ctx)).To(Equal(status.FailedStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(
			ContainSubstring("spec.secret.labels[argocd.argoproj.io/secret-type]"),
			ContainSubstring("--allowed-metadata-prefixes"), ContainSubstring("reloader.stakater.com/")))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning MetadataNotAllowed ")))
		w.expectRest(ctx)

		w.change(ctx, secretLabels(nil))
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("lets an existing token be renewed, beside the metadata that was allowed before", func(ctx SpecContext) {
		w.declare(ctx, secretLabels(map[string]v1alpha1.LabelValue{"app": "phone"}), secretAnnotations(map[string]v1alpha1.AnnotationValue{"note": "1"}))
		w.pass(ctx)
		w.told()
		w.change(ctx, foreign, secretAnnotations(map[string]v1alpha1.AnnotationValue{"replicator.v1.mittwald.de/replicate-to": "*"}))
		for range 3 {
			w.step(w.pass(ctx).RequeueAfter)
			secret := w.secret(ctx, tommy)
			w.token(ctx)
			Expect(secret.Labels).To(Equal(map[string]string{"app": "phone"}))
			Expect(secret.Annotations).To(HaveKeyWithValue("note", "1"))
			Expect(secret.Annotations).NotTo(HaveKey(ContainSubstring("replicate")))
			Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonMetadataNotAllowed)))
			Expect(w.health(ctx)).To(Equal(status.FailedStatus))
		}
		Expect(w.told()).To(HaveLen(1))
	})

	It("does not keep the token from following the rest of the declaration", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.change(ctx, foreign, ttl("2h"))
		w.pass(ctx)
		Expect(w.token(ctx).ExpiresAt.Sub(w.token(ctx).IssuedAt)).To(Equal(2 * time.Hour))
	})

	It("is applied once the operator is told to allow it", func(ctx SpecContext) {
		w.declare(ctx, secretLabels(map[string]v1alpha1.LabelValue{"example.com/team": "support"}))
		w.pass(ctx)
		w.reconciler.AllowedPrefixes = []string{"example.com/"}
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).Labels).To(Equal(map[string]string{"example.com/team": "support"}))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})
})
