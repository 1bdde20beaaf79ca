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

// granting are the conditions of an object whose tokens are asked for, when one
// would be granted.
var granting = conditions{v1alpha1.ReadyCondition: "True " + v1alpha1.ReasonOnDemand}

var _ = Describe("An object with tokens on demand", func() {
	const safetyNet = 10 * time.Minute
	var w *world
	onDemand := delivery(v1alpha1.DeliveryOnDemand)
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	// declareReady has tommy's tokens on demand, and no Secret.
	declareReady := func(ctx context.Context, changes ...declaration) {
		GinkgoHelper()
		w.declare(ctx, append(changes, onDemand)...)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(safetyNet))
		Expect(w.conditions(ctx)).To(Equal(granting))
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.told()).To(BeEmpty())
	}

	It("has no Secret, and is ready while a request would be granted", func(ctx SpecContext) {
		declareReady(ctx)
		Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(Equal("A request for a token would be granted now."))
		said := w.object(ctx).Status
		Expect(said.AccountSID).To(Equal(accountSID))
		Expect(said.SecretName).To(BeEmpty())
		Expect(said.Token).To(BeNil())
		w.expectRest(ctx)
		w.restart()
		w.expectRest(ctx)
	})

	It("costs a look every ten minutes and no write, for days", func(ctx SpecContext) {
		declareReady(ctx)
		before := w.versions(ctx)
		w.wire.lose(errRefused, "get Secret", "get ClientCapability", "create Secret", "patch Secret", "delete Secret", "patch status of ClientCapability")
		for range 300 {
			w.step(safetyNet)
			Expect(w.pass(ctx).RequeueAfter).To(Equal(safetyNet))
		}
		Expect(w.versions(ctx)).To(Equal(before))
		Expect(w.told()).To(BeEmpty())
	})

	It("is ready also where who asks chooses the name", func(ctx SpecContext) {
		declareReady(ctx, func(c *v1alpha1.ClientCapability) {
			c.Spec.ClientName = ""
			c.Spec.OnDemand = &v1alpha1.OnDemand{ClientNamePattern: "support_[a-z0-9]+"}
		})
	})

	It("waits at the end of the queue, and is counted among no tokens", func(ctx SpecContext) {
		w.declare(ctx, named(anna))
		inDate := *w.passOver(ctx, anna).Priority
		minted := counted("tokens_minted_total", "FirstIssue")
		w.declare(ctx, onDemand)
		Expect(*w.pass(ctx).Priority).To(BeNumerically("<", inDate))
		Expect(counted("tokens_minted_total", "FirstIssue")).To(Equal(minted))
	})

	DescribeTable("is not ready while no request would be granted,",
		func(ctx SpecContext, hinder, mend func(context.Context), said conditions, health status.Status, told int) {
			declareReady(ctx)
			hinder(ctx)
			after := w.pass(ctx).RequeueAfter
			Expect(after).To(And(BeNumerically(">=", time.Second), BeNumerically("<=", safetyNet)))
			Expect(w.conditions(ctx)).To(Equal(said))
			Expect(w.health(ctx)).To(Equal(health))
			Expect(w.told()).To(HaveLen(told))
			w.expectRest(ctx)
			for range 20 {
				w.step(after)
				after = w.pass(ctx).RequeueAfter
			}
			Expect(after).To(Equal(safetyNet), "a watch tells of the end")
			Expect(w.told()).To(BeEmpty())
			mend(ctx)
			Expect(w.pass(ctx).RequeueAfter).To(Equal(safetyNet))
			Expect(w.conditions(ctx)).To(Equal(granting))
			Expect(w.findSecret(ctx, tommy)).To(BeNil())
			w.expectRest(ctx)
		},
		Entry("because the account's label is gone",
			func(ctx context.Context) { w.edit(ctx, twilio, func(s *corev1.Secret) { s.Labels = nil }) },
			func(ctx context.Context) {
				w.edit(ctx, twilio, func(s *corev1.Secret) { metav1.SetMetaDataLabel(&s.ObjectMeta, v1alpha1.AccountLabel, "true") })
			},
			waiting(v1alpha1.ReasonAccountNotFound), status.InProgressStatus, 1),
		Entry("because the AuthToken is none",
			func(ctx context.Context) {
				w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte("none") })
			},
			func(ctx context.Context) {
				w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(authToken) })
			},
			stalled(v1alpha1.ReasonAccountMalformed), status.FailedStatus, 1),
		Entry("because it is suspended",
			func(ctx context.Context) { w.change(ctx, suspended(true)) },
			func(ctx context.Context) { w.change(ctx, suspended(false)) },
			stalled(v1alpha1.ReasonSuspended), status.FailedStatus, 0),
	)

	It("minds no Secret of that name, nor labels for one", func(ctx SpecContext) {
		theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "taken"}}
		Expect(w.api.Create(ctx, theirs)).To(Succeed())
		before := w.secret(ctx, "taken")
		w.declare(ctx, onDemand, secretName("taken"), secretLabels(map[string]v1alpha1.LabelValue{"argocd.argoproj.io/instance": "x"}))
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(granting))
		Expect(w.secret(ctx, "taken")).To(Equal(before))
		w.expectRest(ctx)
	})

	It("may be called as its account is", func(ctx SpecContext) {
		w.declare(ctx, named(twilio), onDemand)
		w.passOver(ctx, twilio)
		Expect(w.conditionsOf(ctx, twilio)).To(Equal(granting))
		Expect(w.secret(ctx, twilio).Labels).To(HaveKey(v1alpha1.AccountLabel))
	})

	It("writes nothing when the account is rotated, and follows it to another", func(ctx SpecContext) {
		declareReady(ctx)
		w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(otherAuthToken) })
		w.expectRest(ctx)
		w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAccountSIDKey] = []byte(otherAccountSID) })
		w.pass(ctx)
		Expect(w.object(ctx).Status.AccountSID).To(Equal(otherAccountSID))
		w.expectRest(ctx)
	})

	DescribeTable("ignores that its renewal is asked for", func(ctx SpecContext, when string) {
		declareReady(ctx)
		w.change(ctx, renewRequested(when))
		w.expectRest(ctx)
		Expect(w.object(ctx).Status.LastRenewRequest).To(BeNil())
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
	},
		Entry("at a time", "2026-03-01T12:01:00Z"),
		Entry("at what is no time", "now"),
	)

	It("is quiet while its namespace goes", func(ctx SpecContext) {
		declareReady(ctx)
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Finalizers = []string{"example.com/hold"} })
		Expect(w.api.Delete(ctx, namespace)).To(Succeed())
		Eventually(func(ctx context.Context) *corev1.Secret { return w.findSecret(ctx, twilio) }).WithContext(ctx).Should(BeNil())
		w.pass(ctx)
		Expect(w.told()).To(BeEmpty())
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Finalizers = nil })
	})
})
