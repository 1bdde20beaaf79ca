package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A token that is right", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.declare(ctx, secretLabels(map[string]v1alpha1.LabelValue{"team": "support", "app": "phone"}),
			secretAnnotations(map[string]v1alpha1.AnnotationValue{"note": "call me"}))
		w.pass(ctx)
		w.told()
		w.step(time.Minute)
	})
	editing := func(change func(*corev1.Secret)) func(context.Context) {
		return func(ctx context.Context) { w.edit(ctx, tommy, change) }
	}
	declaring := func(changes ...declaration) func(context.Context) {
		return func(ctx context.Context) { w.change(ctx, changes...) }
	}

	DescribeTable("is left alone, with all around it, when",
		func(ctx SpecContext, happens func(context.Context)) {
			happens(ctx)
			w.expectRest(ctx)
			w.restart()
			w.expectRest(ctx)
		},
		Entry("the object gets a label and an annotation", declaring(func(c *v1alpha1.ClientCapability) {
			c.Labels = map[string]string{"app.kubernetes.io/instance": "x"}
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, "example.com/note", "hello")
		})),
		Entry("others put labels and annotations on the Secret", editing(func(s *corev1.Secret) {
			metav1.SetMetaDataLabel(&s.ObjectMeta, "others.example.com/label", "theirs")
			metav1.SetMetaDataAnnotation(&s.ObjectMeta, "others.example.com/annotation", "theirs")
			metav1.SetMetaDataAnnotation(&s.ObjectMeta, corev1.LastAppliedConfigAnnotation, "{}")
		})),
		Entry("others put a finalizer and an owner of their own on the Secret", editing(func(s *corev1.Secret) {
			account := w.secret(context.Background(), twilio)
			s.Finalizers = []string{"example.com/hold"}
			s.OwnerReferences = append(s.OwnerReferences,
				metav1.OwnerReference{APIVersion: "v1", Kind: "Secret", Name: twilio, UID: account.UID})
		})),
		Entry("the account's Secret gets other keys, labels and annotations", func(ctx context.Context) {
			w.edit(ctx, twilio, func(s *corev1.Secret) {
				s.Data["NOTES"] = []byte("bought in spring, paid by sales")
				s.Labels["team"] = "telephony"
			})
		}),
		Entry("the AuthToken gets the line break that editors leave at its end", func(ctx context.Context) {
			w.edit(ctx, twilio, func(s *corev1.Secret) {
				s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(authToken + "\n")
			})
		}),
	)

	DescribeTable("stays while its Secret is put right, when",
		func(ctx SpecContext, happens func(context.Context)) {
			before := w.secret(ctx, tommy)
			happens(ctx)
			w.pass(ctx)
			after := w.secret(ctx, tommy)
			after.ManagedFields, after.ResourceVersion = before.ManagedFields, before.ResourceVersion
			Expect(after).To(Equal(before))
			Expect(w.conditions(ctx)).To(Equal(ready))
			Expect(w.told()).To(BeEmpty())
			w.expectRest(ctx)
		},
		Entry("another key is put beside it", editing(func(s *corev1.Secret) { s.Data["extra"] = []byte("smuggled") })),
		Entry("expires-at is edited", editing(func(s *corev1.Secret) { s.Data[v1alpha1.ExpiresAtKey] = []byte("2099-01-01T00:00:00Z") })),
		Entry("expires-at is removed", editing(func(s *corev1.Secret) { delete(s.Data, v1alpha1.ExpiresAtKey) })),
		Entry("a declared label is edited", editing(func(s *corev1.Secret) { s.Labels["team"] = "sales" })),
		Entry("all labels are removed", editing(func(s *corev1.Secret) { s.Labels = nil })),
		Entry("all annotations are removed", editing(func(s *corev1.Secret) { s.Annotations = nil })),
		Entry("a declared annotation is edited", editing(func(s *corev1.Secret) { s.Annotations["note"] = "don't" })),
		Entry("the owner annotation names another, though the owner reference does not", editing(func(s *corev1.Secret) {
			s.Annotations[v1alpha1.OwnerAnnotation] = anna
		})),
		Entry("the owner reference is removed", editing(func(s *corev1.Secret) { s.OwnerReferences = nil })),
		Entry("the owner reference no longer controls, and blocks the owner's deletion", editing(func(s *corev1.Secret) {
			s.OwnerReferences[0].Controller, s.OwnerReferences[0].BlockOwnerDeletion = nil, new(true)
		})),
		Entry("the names of its labels are forgotten", editing(func(s *corev1.Secret) {
			delete(s.Annotations, v1alpha1.ManagedLabelsAnnotation)
		})),
		Entry("a renew request is forged in", editing(func(s *corev1.Secret) { s.Annotations[v1alpha1.ManagedLabelsAnnotation] = "team,,app,nobody" })),
	)

	It("stays while declared labels and annotations change, and nobody else's do", func(ctx SpecContext) {
		token := w.raw(ctx)
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Labels["theirs"], s.Annotations["theirs"] = "x", "y" })
		w.change(ctx, secretLabels(map[string]v1alpha1.LabelValue{"team": "sales", "new": "1"}), secretAnnotations(nil))
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		Expect(secret.Labels).To(Equal(map[string]string{"team": "sales", "new": "1", "theirs": "x"}))
		Expect(secret.Annotations).To(Equal(map[string]string{
			"theirs": "y", v1alpha1.OwnerAnnotation: tommy, v1alpha1.ManagedLabelsAnnotation: "new,team",
		}))
		Expect(w.raw(ctx)).To(Equal(token))
		Expect(w.told()).To(BeEmpty())
		w.expectRest(ctx)
	})

	It("stays while all declared labels go", func(ctx SpecContext) {
		token := w.raw(ctx)
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.Secret = nil })
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		Expect(secret.Labels).To(BeEmpty())
		Expect(secret.Annotations).To(Equal(map[string]string{v1alpha1.OwnerAnnotation: tommy}))
		Expect(w.raw(ctx)).To(Equal(token))
	})

	It("does not let a forged list of labels remove the operator's own annotations", func(ctx SpecContext) {
		w.edit(ctx, tommy, func(s *corev1.Secret) {
			s.Annotations[v1alpha1.ManagedAnnotationsAnnotation] = v1alpha1.OwnerAnnotation + "," + v1alpha1.AnsweredRenewRequestAnnotation
			s.Annotations[v1alpha1.AnsweredRenewRequestAnnotation] = "2026-01-01T00:00:00Z"
		})
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).Annotations).To(SatisfyAll(
			HaveKeyWithValue(v1alpha1.OwnerAnnotation, tommy),
			HaveKey(v1alpha1.AnsweredRenewRequestAnnotation)))
	})

	It("is described again when the status is lost", func(ctx SpecContext) {
		before := w.object(ctx).Status
		secret := w.secret(ctx, tommy)
		w.loseStatus(ctx)
		w.restart()
		w.pass(ctx)
		after := w.object(ctx).Status
		for i := range after.Conditions {
			after.Conditions[i].LastTransitionTime = before.Conditions[i].LastTransitionTime
		}
		Expect(after).To(Equal(before))
		Expect(w.secret(ctx, tommy)).To(Equal(secret))
		Expect(w.told()).To(BeEmpty())
	})

	It("stays when what status says of it is falsified, and status is put right", func(ctx SpecContext) {
		before := w.object(ctx).Status
		secret := w.secret(ctx, tommy)
		object := w.object(ctx)
		object.Status.AccountSID, object.Status.SecretName = otherAccountSID, "elsewhere"
		object.Status.Token.ExpiresAt = metav1.NewTime(startOfTime.Add(-time.Hour))
		Expect(w.api.Status().Update(ctx, object)).To(Succeed())
		w.pass(ctx)
		Expect(w.object(ctx).Status).To(Equal(before))
		Expect(w.secret(ctx, tommy)).To(Equal(secret))
	})
})
