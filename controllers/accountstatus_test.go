package controllers_test

import (
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
)

var _ = Describe("The status of a ClusterAccount", func() {
	valid := conditions{v1alpha1.ReadyCondition: "True " + v1alpha1.ReasonCredentialsValid}

	It("says which account it is, and which key signs where there is one", func(ctx SpecContext) {
		l := newLender(ctx)
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(valid))
		status := l.lent(ctx).Status
		Expect(status.AccountSID).To(Equal(accountSID))
		Expect(status.SigningKey).To(BeNil(), "its AuthToken signs")
		Expect(status.PreviousKey).To(BeNil())

		l.putKey(ctx, keySID, keySecret)
		l.look(ctx)
		Expect(l.lent(ctx).Status.SigningKey).To(Equal(&v1alpha1.SigningKeyStatus{SID: keySID}))
		Expect(l.lent(ctx).Status.PreviousKey).To(BeNil(), "the AuthToken is there still")
	})

	DescribeTable("says what keeps it from signing, and heals", func(ctx SpecContext, spoil func(*corev1.Secret), want conditions, message string) {
		l := newLender(ctx)
		l.look(ctx)
		var was corev1.Secret
		l.edit(ctx, twilio, func(s *corev1.Secret) {
			s.DeepCopyInto(&was)
			spoil(s)
		})
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(want))
		Expect(l.messageOf(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring(message))
		Expect(l.lent(ctx).Status.AccountSID).To(Equal(accountSID), "the tokens of the account are about still")
		Expect(l.told()).To(HaveExactElements(ContainSubstring("Warning")))

		l.edit(ctx, twilio, func(s *corev1.Secret) { s.Data, s.Labels = was.Data, was.Labels })
		l.look(ctx)
		Expect(l.says(ctx)).To(Equal(valid))
		Expect(l.lent(ctx).Status.PreviousKey).To(BeNil(), "nothing has changed after all")
		Expect(l.told()).To(BeEmpty())
	},
		Entry("without the label", func(s *corev1.Secret) { s.Labels = nil }, waiting(v1alpha1.ReasonAccountNotFound), "kubectl label secret"),
		Entry("without a key", func(s *corev1.Secret) { delete(s.Data, v1alpha1.DefaultAuthTokenKey) },
			stalled(v1alpha1.ReasonAccountKeyMissing), v1alpha1.DefaultAPIKeyKey),
		Entry("with a value of another form", func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte("short") },
			stalled(v1alpha1.ReasonAccountMalformed), v1alpha1.DefaultAuthTokenKey),
	)

	It("reads as in progress until it was seen, to who follows kstatus", func(ctx SpecContext) {
		l := newLender(ctx)
		Expect(l.lent(ctx).Status.ObservedGeneration).To(BeEquivalentTo(-1))
	})

	It("tells of an account that is being deleted nothing more", func(ctx SpecContext) {
		l := newLender(ctx, func(lent *v1alpha1.ClusterAccount) { lent.Finalizers = []string{"example.com/held"} })
		Expect(l.api.Delete(ctx, l.lent(ctx))).To(Succeed())
		l.look(ctx)
		Expect(l.lent(ctx).Status.Conditions).To(BeEmpty())
		lent := l.lent(ctx)
		lent.Finalizers = nil
		Expect(l.api.Update(ctx, lent)).To(Succeed())
	})

	It("is written by the holder of the lease alone", func(ctx SpecContext) {
		l := newLender(ctx)
		l.reconciler.Lease = controllers.NewLease(&resourcelock.LeaseLock{})
		l.look(ctx)
		Expect(l.lent(ctx).Status.Conditions).To(BeEmpty())
	})
})

var _ = Describe("After a change of key", func() {
	const day = 24*time.Hour - time.Second

	until := func(l *lender, longest time.Duration) metav1.Time {
		return metav1.NewTime(l.clock.Now().Add(longest + time.Second - 1).Truncate(time.Second).Local())
	}

	It("tells until when the former key's tokens may be in use, and then no longer", func(ctx SpecContext) {
		l := newLender(ctx, limited(v1alpha1.Limits{MaxTTL: "1h"}))
		l.putKey(ctx, keySID, keySecret)
		l.look(ctx)
		l.putKey(ctx, otherKeySID, "Zq3vT9xZ1bN7mW5cR8yD2fG6hJ4pL0sB")
		l.step(time.Minute)
		result := l.look(ctx)
		previous := l.lent(ctx).Status.PreviousKey
		Expect(previous).To(Equal(&v1alpha1.PreviousKeyStatus{SID: keySID, InUseUntil: until(l, time.Hour)}))
		Expect(l.lent(ctx).Status.SigningKey.SID).To(Equal(otherKeySID))
		Expect(l.clock.Now().Add(result.RequeueAfter)).To(BeTemporally("~", previous.InUseUntil.Time, time.Second), "it wakes up when that is over")

		l.begin() // a restart changes nothing
		l.step(time.Hour - time.Second)
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).To(Equal(previous))
		l.step(2 * time.Second)
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).To(BeNil())
	})

	It("takes a day where the account has no limit, and notices a change that was made while no operator ran", func(ctx SpecContext) {
		l := newLender(ctx)
		l.putKey(ctx, keySID, keySecret)
		l.look(ctx)
		l.putKey(ctx, otherKeySID, "Zq3vT9xZ1bN7mW5cR8yD2fG6hJ4pL0sB")
		l.begin()
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).To(Equal(&v1alpha1.PreviousKeyStatus{SID: keySID, InUseUntil: until(l, day)}))
	})

	It("covers a change before that, whose tokens could live longer", func(ctx SpecContext) {
		l := newLender(ctx)
		l.putKey(ctx, keySID, keySecret)
		l.look(ctx)
		l.putKey(ctx, otherKeySID, "Zq3vT9xZ1bN7mW5cR8yD2fG6hJ4pL0sB")
		l.look(ctx)
		first := until(l, day)
		lent := l.lent(ctx)
		lent.Spec.Limits = &v1alpha1.Limits{MaxTTL: "1h"}
		Expect(l.api.Update(ctx, lent)).To(Succeed())
		l.putKey(ctx, keySID, keySecret)
		l.step(time.Minute)
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).To(Equal(&v1alpha1.PreviousKeyStatus{SID: otherKeySID, InUseUntil: first}))
	})

	It("tells of an AuthToken without naming it", func(ctx SpecContext) {
		l := newLender(ctx)
		l.look(ctx)
		l.putAuthToken(ctx, otherAuthToken)
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).To(Equal(&v1alpha1.PreviousKeyStatus{InUseUntil: until(l, day)}))
	})

	It("tells of it though the status could not be written at first", func(ctx SpecContext) {
		l := newLender(ctx)
		l.look(ctx)
		l.putAuthToken(ctx, otherAuthToken)
		l.wire.lose(errors.New("no answer"), "patch status of ClientCapability")
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).To(BeNil())
		l.wire.mend()
		l.look(ctx)
		Expect(l.lent(ctx).Status.PreviousKey).NotTo(BeNil())
	})
})
