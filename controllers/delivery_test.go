package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A change to tokens on demand", func() {
	const removed = `Normal Removed Removed Secret "tommy": spec.delivery is OnDemand`
	var w *world
	onDemand, inSecret := delivery(v1alpha1.DeliveryOnDemand), delivery(v1alpha1.DeliverySecret)
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.declare(ctx)
		w.pass(ctx)
		w.told()
		w.step(time.Minute)
	})

	// expectReleased: there is no Secret, status says so, and all is told that is to be.
	expectReleased := func(ctx context.Context, told ...string) {
		GinkgoHelper()
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(granting))
		Expect(w.object(ctx).Status.SecretName).To(BeEmpty())
		Expect(w.object(ctx).Status.Token).To(BeNil())
		Expect(w.object(ctx).Status.AccountSID).To(Equal(accountSID))
		Expect(w.told()).To(Equal(told))
		w.expectRest(ctx)
	}

	It("removes the Secret", func(ctx SpecContext) {
		w.change(ctx, onDemand)
		w.pass(ctx)
		Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
		expectReleased(ctx, removed)
		w.restart()
		w.expectRest(ctx)
	})

	It("and back mints one token", func(ctx SpecContext) {
		w.change(ctx, onDemand)
		w.pass(ctx)
		w.told()
		before := counted("tokens_minted_total", "FirstIssue")
		w.change(ctx, inSecret)
		w.pass(ctx)
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
		Expect(counted("tokens_minted_total", "FirstIssue")).To(Equal(before + 1))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.object(ctx).Status.SecretName).To(Equal(tommy))
		Expect(w.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
		w.expectRest(ctx)
	})

	It("and back before a pass leaves everything as it was", func(ctx SpecContext) {
		before := w.secret(ctx, tommy)
		w.change(ctx, onDemand)
		w.change(ctx, inSecret)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(before))
	})

	It("removes the Secrets of former names too", func(ctx SpecContext) {
		w.wire.lose(errRefused, "delete Secret")
		w.change(ctx, secretName("second"))
		w.pass(ctx)
		Expect(w.controlledBy(ctx, w.object(ctx))).To(ConsistOf(tommy, "second"))
		w.change(ctx, secretName("third"), onDemand)
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonWriteFailed)))
		Expect(w.health(ctx)).To(Equal(status.InProgressStatus))
		w.wire.mend()
		w.pass(ctx)
		Expect(w.controlledBy(ctx, w.object(ctx))).To(BeEmpty())
		Expect(w.findSecret(ctx, "second")).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(granting))
		w.expectRest(ctx)
	})

	It("removes an immutable Secret, and one that was edited", func(ctx SpecContext) {
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Immutable, s.Data["extra"] = new(true), []byte("mine") })
		w.change(ctx, onDemand)
		w.pass(ctx)
		expectReleased(ctx, removed)
	})

	It("removes the Secret also where no request would be granted", func(ctx SpecContext) {
		w.deleteSecret(ctx, twilio)
		w.change(ctx, onDemand)
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotFound)))
		Expect(w.object(ctx).Status.SecretName).To(BeEmpty())
		Expect(w.object(ctx).Status.AccountSID).To(BeEmpty())
		Expect(w.told()).To(ConsistOf(removed, HavePrefix("Warning AccountNotFound ")))
		w.expectRest(ctx)
	})

	It("leaves what is there alone while suspended", func(ctx SpecContext) {
		before := w.secret(ctx, tommy)
		w.change(ctx, onDemand, suspended(true))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSuspended)))
		Expect(w.object(ctx).Status.SecretName).To(Equal(tommy))
		Expect(w.object(ctx).Status.Token).To(BeNil())
		w.expectRest(ctx)
		w.change(ctx, suspended(false))
		w.pass(ctx)
		expectReleased(ctx, removed)
	})

	It("ends a dispute about the name", func(ctx SpecContext) {
		theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "taken"}}
		Expect(w.api.Create(ctx, theirs)).To(Succeed())
		w.change(ctx, secretName("taken"))
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
		w.told()
		w.change(ctx, onDemand)
		w.pass(ctx)
		expectReleased(ctx, removed)
		Expect(w.secret(ctx, "taken").UID).To(Equal(theirs.UID))
	})

	for _, from := range []v1alpha1.DeletionPolicy{v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain} {
		It("leaves, to whoever wants it, a Secret that is to be retained, after "+string(from), func(ctx SpecContext) {
			w.change(ctx, deletionPolicy(from))
			w.pass(ctx)
			data := w.secret(ctx, tommy).Data
			w.change(ctx, onDemand, deletionPolicy(v1alpha1.DeletionPolicyRetain))
			w.pass(ctx)
			Expect(w.secret(ctx, tommy).Data).To(Equal(data))
			Expect(w.secret(ctx, tommy).OwnerReferences).To(BeEmpty())
			Expect(w.conditions(ctx)).To(Equal(granting))
			Expect(w.object(ctx).Status.SecretName).To(BeEmpty())
			Expect(w.told()).To(BeEmpty())
			w.expectRest(ctx)
			w.step(2 * time.Hour)
			w.expectRest(ctx)
		})
	}

	It("leaves those of former names, too, that are to be retained", func(ctx SpecContext) {
		w.change(ctx, onDemand, deletionPolicy(v1alpha1.DeletionPolicyRetain), secretName("second"))
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).OwnerReferences).To(BeEmpty())
		Expect(w.conditions(ctx)).To(Equal(granting))
		w.expectRest(ctx)
	})

	It("goes by the deletion policy that is declared last", func(ctx SpecContext) {
		w.change(ctx, onDemand, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		w.change(ctx, deletionPolicy(v1alpha1.DeletionPolicyDelete))
		w.pass(ctx)
		expectReleased(ctx, removed)
	})

	It("and back takes up a retained Secret, and mints for want of a token alone", func(ctx SpecContext) {
		token := w.raw(ctx)
		w.change(ctx, onDemand, deletionPolicy(v1alpha1.DeletionPolicyRetain))
		w.pass(ctx)
		w.change(ctx, inSecret)
		w.pass(ctx)
		Expect(w.raw(ctx)).To(Equal(token))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.told()).To(BeEmpty())
		w.expectRest(ctx)
	})

	It("says that a Secret is still there which somebody holds back", func(ctx SpecContext) {
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Finalizers = []string{"example.com/hold"} })
		w.change(ctx, onDemand)
		for range 2 {
			w.pass(ctx)
			Expect(w.secret(ctx, tommy).DeletionTimestamp).NotTo(BeNil())
			Expect(w.object(ctx).Status.SecretName).To(Equal(tommy))
			Expect(w.conditions(ctx)).To(Equal(granting))
		}
		Expect(w.told()).To(ConsistOf(removed))
		w.expectRest(ctx)
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Finalizers = nil })
		w.pass(ctx)
		expectReleased(ctx)
	})

	It("removes the Secret in the end, however often that fails", func(ctx SpecContext) {
		w.wire.lose(errRefused, "delete Secret")
		w.change(ctx, onDemand)
		for range 3 {
			Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", time.Minute))
			Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonWriteFailed)))
			Expect(w.object(ctx).Status.SecretName).To(Equal(tommy))
		}
		w.restart()
		w.wire.mend()
		w.told()
		w.pass(ctx)
		expectReleased(ctx, removed)
	})

	It("tells of the removal once, also where its status could not be written at first", func(ctx SpecContext) {
		w.wire.lose(errRefused, "patch status of ClientCapability")
		w.change(ctx, onDemand)
		w.pass(ctx)
		Expect(w.told()).To(BeEmpty())
		w.wire.mend()
		w.pass(ctx)
		expectReleased(ctx, removed)
	})

	It("removes a Secret that the cache did not have yet", func(ctx SpecContext) {
		w.reader.hide(w.secret(ctx, tommy))
		w.change(ctx, onDemand)
		w.pass(ctx)
		expectReleased(ctx, removed)
	})

	It("removes nothing that has been put to other use since", func(ctx SpecContext) {
		w.reader.pin(w.secret(ctx, tommy))
		w.edit(ctx, tommy, func(s *corev1.Secret) {
			s.OwnerReferences, s.Annotations = nil, nil
			metav1.SetMetaDataLabel(&s.ObjectMeta, "theirs", "now")
		})
		w.change(ctx, onDemand)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(250 * time.Millisecond))
		Expect(w.secret(ctx, tommy).Labels).To(HaveKeyWithValue("theirs", "now"))
		w.reader.catchUp()
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).Labels).To(HaveKeyWithValue("theirs", "now"))
		Expect(w.conditions(ctx)).To(Equal(granting))
	})

	It("removes nothing for a declaration that was changed back", func(ctx SpecContext) {
		before := w.secret(ctx, tommy)
		w.change(ctx, onDemand)
		w.reader.pin(w.object(ctx))
		w.change(ctx, inSecret)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(250 * time.Millisecond))
		Expect(w.secret(ctx, tommy)).To(Equal(before))
	})

	It("does not make the operator write in a loop against who makes the Secret again and again", func(ctx SpecContext) {
		backup := w.secret(ctx, tommy)
		backup.ResourceVersion, backup.UID = "", ""
		w.change(ctx, onDemand)
		removals := 0
		for range 120 { // a minute of it
			w.pass(ctx)
			if w.findSecret(ctx, tommy) == nil {
				removals++
				Expect(w.api.Create(ctx, backup.DeepCopy(), client.FieldOwner("restore"))).To(Succeed())
			}
			w.step(500 * time.Millisecond)
		}
		Expect(removals).To(And(BeNumerically(">=", 15), BeNumerically("<=", 25)))
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonSecretContested)))
		w.step(10 * time.Second)
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(granting))
	})
})
