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

var _ = Describe("A Secret that is not the object's own", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	// controlledBy is the reference that a controller puts on what it made.
	controlledBy := func(apiVersion, kind, name string, owner metav1.Object) []metav1.OwnerReference {
		return []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, UID: owner.GetUID(), Controller: new(true)}}
	}
	ownedBy := map[string]string{v1alpha1.OwnerAnnotation: tommy}
	standing := func(kind corev1.SecretType, dress func(context.Context, *corev1.Secret)) func(context.Context) *corev1.Secret {
		return func(ctx context.Context) *corev1.Secret {
			GinkgoHelper()
			secret := &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: tommy},
				Type:       kind,
				StringData: map[string]string{"token": "somebody's most private text", "other": "a further private text"},
			}
			if dress != nil {
				dress(ctx, secret)
			}
			Expect(w.api.Create(ctx, secret)).To(Succeed())
			return secret
		}
	}

	DescribeTable("is left alone, and the object says so until the name is free, when it is",
		func(ctx SpecContext, place func(context.Context) *corev1.Secret) {
			placed := place(ctx)
			before := w.secret(ctx, tommy)
			w.declare(ctx)
			for range 3 {
				Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
				w.step(10 * time.Second)
			}
			Expect(w.secret(ctx, tommy)).To(Equal(before))
			Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
			Expect(w.health(ctx)).To(Equal(status.FailedStatus))
			Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(SatisfyAll(ContainSubstring(`"tommy"`), ContainSubstring("spec.secret.name")))
			Expect(w.object(ctx).Status.Token).To(BeNil())
			Expect(w.told()).To(ConsistOf(HavePrefix("Warning SecretNotOwned ")))
			w.expectRest(ctx)

			Expect(w.api.Delete(ctx, placed)).To(Succeed())
			w.pass(ctx)
			w.token(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
			Expect(w.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
		},
		Entry("an ordinary one", standing(corev1.SecretTypeOpaque, nil)),
		Entry("an ordinary one with this object's name forged onto it",
			standing(corev1.SecretTypeOpaque, func(_ context.Context, s *corev1.Secret) { s.Annotations = ownedBy })),
		Entry("of the token type, with no owner and no annotation", standing(v1alpha1.SecretType, nil)),
		Entry("of the token type, retained for another object",
			standing(v1alpha1.SecretType, func(_ context.Context, s *corev1.Secret) {
				s.Annotations = map[string]string{v1alpha1.OwnerAnnotation: anna}
			})),
		Entry("of the token type, controlled by another object",
			standing(v1alpha1.SecretType, func(ctx context.Context, s *corev1.Secret) {
				other := w.declare(ctx, named(anna))
				s.Annotations = ownedBy
				s.OwnerReferences = controlledBy(v1alpha1.GroupVersion.String(), v1alpha1.Kind, anna, other)
			})),
		Entry("of the token type, controlled by an object of another kind",
			standing(v1alpha1.SecretType, func(ctx context.Context, s *corev1.Secret) {
				s.Annotations = ownedBy
				s.OwnerReferences = controlledBy("v1", "Secret", twilio, w.secret(ctx, twilio))
			})),
	)

	It("is left alone when it belongs to a kind of the same name in another group", func(ctx SpecContext) {
		w = newWorldOn(ctx, bareCluster(ctx)) // garbage collection would look for that kind
		placed := standing(v1alpha1.SecretType, func(ctx context.Context, s *corev1.Secret) {
			s.OwnerReferences = controlledBy("voice.example.com/v1alpha1", v1alpha1.Kind, tommy, w.secret(ctx, twilio))
		})(ctx)
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).ResourceVersion).To(Equal(placed.ResourceVersion))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
	})

	It("is taken from nobody who came first", func(ctx SpecContext) {
		w.declare(ctx, named(anna), secretName("shared"))
		w.declare(ctx, secretName("shared"))
		w.passOver(ctx, anna)
		before := w.secret(ctx, "shared")
		for range 3 {
			Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
			w.passOver(ctx, anna)
			w.step(10 * time.Second)
		}
		Expect(w.secret(ctx, "shared")).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
		Expect(w.conditionsOf(ctx, anna)).To(Equal(ready))
	})

	It("goes to the one who waited, once the first has left", func(ctx SpecContext) {
		first := w.declare(ctx, named(anna), secretName("shared"))
		w.declare(ctx, secretName("shared"))
		w.passOver(ctx, anna)
		w.pass(ctx)
		Expect(w.api.Delete(ctx, first)).To(Succeed())
		Eventually(func(ctx context.Context) *corev1.Secret { return w.findSecret(ctx, "shared") }).WithContext(ctx).Should(BeNil())
		w.pass(ctx)
		Expect(w.secret(ctx, "shared").OwnerReferences).To(HaveExactElements(HaveField("Name", tommy)))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("of another type is found to be in the way also where it came after the first token", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.deleteSecret(ctx, tommy)
		placed := standing(corev1.SecretTypeOpaque, nil)(ctx)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).ResourceVersion).To(Equal(placed.ResourceVersion))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
	})
})
