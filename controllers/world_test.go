package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	accountSID      = "AC0123456789abcdef0123456789abcdef"
	otherAccountSID = "ACfedcba9876543210fedcba9876543210"
	authToken       = "6c1d2f9a8be34750a1b2d3e4f5968770"
	otherAuthToken  = "f00dfeed5ca1ab1e0ddba11c0ffee123"
	applicationSID  = "APaaaaaaaaaaaaaaaa0123456789abcdef"

	tommy  = "tommy"
	anna   = "anna"
	twilio = "twilio"
)

// startOfTime has a fraction of a second, as real moments have.
var startOfTime = time.Date(2026, 3, 1, 12, 0, 0, 400_000_000, time.UTC)

// world is one namespace with a reconciler for which time stands still.
type world struct {
	api        client.WithWatch // the tester's own
	namespace  string
	clock      *clocktesting.FakePassiveClock
	reader     *liveReader
	wire       *wire
	recorder   *events.FakeRecorder
	reconciler *controllers.Reconciler

	heard   *recording // logs, events and conditions
	secrets secrets
}

// newWorld has the account "twilio" in it.
func newWorld(ctx context.Context) *world { return newWorldOn(ctx, cluster) }

func newWorldOn(ctx context.Context, on *controlplane.Cluster) *world {
	GinkgoHelper()
	api := clientOf(on)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "world-"}}
	Expect(api.Create(ctx, namespace)).To(Succeed())
	w := &world{
		api:       api,
		namespace: namespace.Name,
		clock:     clocktesting.NewFakePassiveClock(startOfTime),
		reader:    newLiveReader(api),
		wire:      &wire{},
		recorder:  events.NewFakeRecorder(1000),
		heard:     &recording{},
		secrets:   secrets{},
	}
	w.restart()
	w.createAccount(ctx, twilio, accountSID, authToken)
	DeferCleanup(func() {
		w.told() // an event that no spec asked for must not leak either
		w.secrets.expectUnsaid(w.heard.String(), "a log, event or condition")
	})
	return w
}

// restart replaces the operator's process by a fresh one.
func (w *world) restart() { w.runAs(w.api) }

// runAs does so with another user's rights.
func (w *world) runAs(api client.WithWatch) {
	w.reconciler = &controllers.Reconciler{
		Reader:          w.reader,
		Live:            w.wire.around(api),
		Client:          w.wire.around(api),
		Accounts:        &accounts.Finder{Secrets: w.api},
		Recorder:        w.recorder,
		Clock:           w.clock,
		AllowedPrefixes: []string{"reloader.stakater.com/"},
	}
}

// pass makes one pass over tommy.
func (w *world) pass(ctx context.Context) reconcile.Result {
	GinkgoHelper()
	return w.passOver(ctx, tommy)
}

// passOver makes one pass over the named object, and checks what holds after
// every pass whatever it was about.
func (w *world) passOver(ctx context.Context, name string) reconcile.Result {
	GinkgoHelper()
	key := types.NamespacedName{Namespace: w.namespace, Name: name}
	w.noteSecrets(ctx)
	result, err := w.reconciler.Reconcile(log.IntoContext(ctx, w.heard.logger()), reconcile.Request{NamespacedName: key})
	Expect(err).NotTo(HaveOccurred(), "an error would hand the timing to the queue's limiter")
	w.noteSecrets(ctx)
	if result.RequeueAfter == 0 {
		Expect(result).To(Equal(reconcile.Result{}))
		w.expectGoing(ctx, key)
		return result
	}
	Expect(result.RequeueAfter).To(BeNumerically(">=", 250*time.Millisecond), "a hot loop")
	Expect(result.RequeueAfter).To(BeNumerically("<=", 24*time.Hour))
	Expect(result.Priority).NotTo(BeNil(), "the queue would hand on the priority of the initial list")
	w.expectHonestStatus(ctx, name)
	return result
}

// expectGoing: only what is gone or going has no next time.
func (w *world) expectGoing(ctx context.Context, key types.NamespacedName) {
	GinkgoHelper()
	object := &v1alpha1.ClientCapability{}
	if err := w.api.Get(ctx, key, object); err == nil {
		Expect(object.DeletionTimestamp.IsZero()).To(BeFalse(), "the object would never be looked at again")
	}
}

// expectHonestStatus: whatever else happened, Ready says True only where the
// Secret that status names holds a token that has not expired, or, with tokens on
// demand, where no Secret of the object's own is left; and every condition speaks
// of the generation that status says.
func (w *world) expectHonestStatus(ctx context.Context, name string) {
	GinkgoHelper()
	object := w.find(ctx, name)
	if object == nil {
		return
	}
	for _, condition := range object.Status.Conditions {
		_, _ = w.heard.Write([]byte(condition.Message + "\n"))
		if condition.Type != v1alpha1.ReadyCondition || condition.Status != metav1.ConditionTrue {
			continue
		}
		if object.Status.ObservedGeneration != object.Generation || w.wire.cut() {
			continue // the pass did not come to report
		}
		if object.IsOnDemand() {
			Expect(object.Status.Token).To(BeNil())
			Expect(w.controlledBy(ctx, object)).To(BeEmpty(), "Ready with a Secret that is declared no more")
			continue
		}
		secret := w.secret(ctx, object.Status.SecretName)
		token := parse(string(secret.Data[object.TokenKey()]))
		Expect(token.ExpiresAt).To(BeTemporally(">", w.clock.Now()), "Ready with an expired token")
	}
}

// noteSecrets has the tokens and credentials that are in the namespace now kept
// secret for ever. SIDs are none.
func (w *world) noteSecrets(ctx context.Context) {
	GinkgoHelper()
	list := &corev1.SecretList{}
	Expect(w.api.List(ctx, list, client.InNamespace(w.namespace))).To(Succeed())
	for i := range list.Items {
		for key, value := range list.Items[i].Data {
			if key != v1alpha1.ExpiresAtKey && key != v1alpha1.DefaultAPIKeyKey && string(value) != accountSID && string(value) != otherAccountSID {
				w.secrets.add(string(value))
			}
		}
	}
}

// step lets time pass.
func (w *world) step(d time.Duration) { w.clock.SetTime(w.clock.Now().Add(d)) }

// told is what events say that were recorded since it was last asked.
func (w *world) told() []string {
	var told []string
	for len(w.recorder.Events) > 0 {
		event := <-w.recorder.Events
		_, _ = w.heard.Write([]byte(event + "\n"))
		told = append(told, event)
	}
	return told
}
