package controllers_test

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A change of spec.secret.name", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	// tokens are the names of the Secrets that hold a token.
	tokens := func(ctx context.Context) []string {
		GinkgoHelper()
		list := &corev1.SecretList{}
		Expect(w.api.List(ctx, list)).To(Succeed())
		var names []string
		for _, secret := range list.Items {
			if secret.Namespace == w.namespace && secret.Type == v1alpha1.SecretType {
				names = append(names, secret.Name)
			}
		}
		return names
	}
	occupy := func(ctx context.Context, name string) *corev1.Secret {
		GinkgoHelper()
		occupant := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
			StringData: map[string]string{"password": "correct horse battery"},
		}
		Expect(w.api.Create(ctx, occupant)).To(Succeed())
		return occupant
	}

	for _, policy := range []v1alpha1.DeletionPolicy{v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain} {
		Context("with the deletion policy "+string(policy), func() {
			BeforeEach(func(ctx SpecContext) {
				w.declare(ctx, secretName("first"), deletionPolicy(policy))
				w.pass(ctx)
				w.told()
				w.step(time.Minute)
			})

			It("makes the new Secret and removes the old one", func(ctx SpecContext) {
				w.change(ctx, secretName("second"))
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("second"))
				w.verify(ctx, string(w.secret(ctx, "second").Data["token"]))
				Expect(w.object(ctx).Status.SecretName).To(Equal("second"))
				Expect(w.conditions(ctx)).To(Equal(ready))
				Expect(w.told()).To(HaveLen(1))
				w.expectRest(ctx)
			})

			It("leaves one Secret also when it comes twice between two passes", func(ctx SpecContext) {
				w.change(ctx, secretName("second"))
				w.change(ctx, secretName("third"))
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("third"))
				w.change(ctx, secretName("fourth"))
				w.pass(ctx)
				w.change(ctx, secretName("first"))
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("first"))
				w.expectRest(ctx)
			})

			It("that is taken back leaves everything as it was", func(ctx SpecContext) {
				before := w.secret(ctx, "first")
				w.change(ctx, secretName("second"))
				w.change(ctx, secretName("first"))
				w.pass(ctx)
				Expect(w.secret(ctx, "first")).To(Equal(before))
			})

			It("waits, with the old Secret in its place, until the new name is free", func(ctx SpecContext) {
				occupant := occupy(ctx, "second")
				w.change(ctx, secretName("second"))
				Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
				Expect(tokens(ctx)).To(ConsistOf("first"))
				Expect(w.object(ctx).Status.SecretName).To(Equal("first"))
				Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
				w.expectRest(ctx)

				Expect(w.api.Delete(ctx, occupant)).To(Succeed())
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("second"))
				Expect(w.object(ctx).Status.SecretName).To(Equal("second"))
				Expect(w.conditions(ctx)).To(Equal(ready))
				w.expectRest(ctx)
			})

			It("waits likewise for a new Secret that can't be written", func(ctx SpecContext) {
				w.wire.lose(errors.New("connection refused"), "create Secret")
				w.change(ctx, secretName("second"))
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("first"))
				Expect(w.object(ctx).Status.SecretName).To(Equal("first"))
				w.wire.mend()
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("second"))
			})

			It("removes the old Secret in the end, however often that fails", func(ctx SpecContext) {
				w.wire.lose(errors.New("connection refused"), "delete Secret")
				w.change(ctx, secretName("second"))
				for range 3 {
					Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", time.Minute))
					Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonWriteFailed)))
				}
				w.restart()
				w.wire.mend()
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("second"))
				Expect(w.object(ctx).Status.SecretName).To(Equal("second"))
				Expect(w.conditions(ctx)).To(Equal(ready))
				w.expectRest(ctx)
			})

			It("is finished by the next process where one ends between the two writes", func(ctx SpecContext) {
				w.wire.lose(errors.New("killed"), "delete Secret", "patch status of ClientCapability")
				w.change(ctx, secretName("second"))
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("first", "second"))
				token := w.secret(ctx, "second").Data
				w.wire.mend()
				w.restart()
				w.step(time.Second)
				w.pass(ctx)
				Expect(tokens(ctx)).To(ConsistOf("second"))
				Expect(w.secret(ctx, "second").Data).To(Equal(token))
			})
		})
	}

	It("removes what it left half way also when it is taken back after that", func(ctx SpecContext) {
		w.declare(ctx, secretName("first"))
		w.pass(ctx)
		w.wire.lose(errors.New("killed"), "delete Secret", "patch status of ClientCapability")
		w.change(ctx, secretName("second"))
		w.pass(ctx)
		w.change(ctx, secretName("first"))
		w.wire.lose(errors.New("connection refused"), "delete Secret")
		w.pass(ctx)
		w.wire.mend()
		w.pass(ctx)
		Expect(tokens(ctx)).To(ConsistOf("first"))
		w.expectRest(ctx)
	})

	DescribeTable("removes the old Secret also when the deletion policy changes with it,", func(ctx SpecContext, from, to v1alpha1.DeletionPolicy) {
		w.declare(ctx, secretName("first"), deletionPolicy(from))
		w.pass(ctx)
		w.change(ctx, secretName("second"), deletionPolicy(to))
		w.pass(ctx)
		Expect(tokens(ctx)).To(ConsistOf("second"))
		w.expectRest(ctx)
	},
		Entry("from Delete to Retain", v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain),
		Entry("from Retain to Delete", v1alpha1.DeletionPolicyRetain, v1alpha1.DeletionPolicyDelete),
	)

	It("removes an old Secret that lost its owner reference", func(ctx SpecContext) {
		w.declare(ctx, secretName("first"))
		w.pass(ctx)
		w.edit(ctx, "first", func(s *corev1.Secret) { s.OwnerReferences = nil })
		w.change(ctx, secretName("second"))
		w.pass(ctx)
		Expect(tokens(ctx)).To(ConsistOf("second"))
	})

	It("brings along the labels that are declared, and none that were", func(ctx SpecContext) {
		w.declare(ctx, secretName("first"), secretLabels(map[string]v1alpha1.LabelValue{"team": "support"}))
		w.pass(ctx)
		w.change(ctx, secretName("second"), secretLabels(map[string]v1alpha1.LabelValue{"app": "phone"}))
		w.pass(ctx)
		Expect(w.secret(ctx, "second").Labels).To(Equal(map[string]string{"app": "phone"}))
	})

	It("touches no Secret of that former name that has become another's", func(ctx SpecContext) {
		w.declare(ctx, secretName("first"))
		w.pass(ctx)
		w.deleteSecret(ctx, "first")
		stranger := occupy(ctx, "first")
		w.change(ctx, secretName("second"))
		w.pass(ctx)
		Expect(tokens(ctx)).To(ConsistOf("second"))
		Expect(w.secret(ctx, "first").UID).To(Equal(stranger.UID))
	})
})

var _ = Describe("A change of spec.secret.key", func() {
	It("moves the token to the new key, and nothing stays under the old one", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.declare(ctx)
		w.pass(ctx)
		w.told()
		w.step(time.Minute)
		w.change(ctx, secretKey("jwt"))
		w.pass(ctx)
		data := w.secret(ctx, tommy).Data
		Expect(data).To(HaveLen(2))
		Expect(data).To(HaveKey(v1alpha1.ExpiresAtKey))
		Expect(w.verify(ctx, string(data["jwt"])).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(w.told()).To(HaveLen(1))
		w.expectRest(ctx)
	})
})
