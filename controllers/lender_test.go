package controllers_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
	twilioapi "github.com/capability-operator/capability-operator/twilio"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

const (
	keySID      = "SKaaaabbbbccccdddd0123456789abcdef"
	otherKeySID = "SKddddccccbbbbaaaa0123456789abcdef"
	keySecret   = "Kq3vT9xZ1bN7mW5cR8yD2fG6hJ4pL0sA"
)

// lender is a platform team with one ClusterAccount, named as the world's
// namespace is, and with the reconciler that writes its status.
type lender struct {
	*world
	name       string
	stub       *twiliotest.Server
	reconciler *controllers.AccountReconciler
}

func newLender(ctx context.Context, changes ...func(*v1alpha1.ClusterAccount)) *lender {
	GinkgoHelper()
	w := newWorld(ctx)
	l := &lender{world: w, name: w.namespace}
	l.stub = twiliotest.NewServer(twiliotest.Account{SID: accountSID, AuthToken: authToken, APIKey: keySID, APISecret: keySecret})
	DeferCleanup(l.stub.Close)
	l.begin()
	lent := &v1alpha1.ClusterAccount{
		ObjectMeta: metav1.ObjectMeta{Name: l.name},
		Spec: v1alpha1.ClusterAccountSpec{
			SecretRef:         v1alpha1.ClusterSecretReference{Namespace: w.namespace, Name: twilio},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{Names: []v1alpha1.NamespaceName{v1alpha1.NamespaceName(w.namespace)}},
		},
	}
	for _, change := range changes {
		change(lent)
	}
	Expect(w.api.Create(ctx, lent)).To(Succeed())
	DeferCleanup(removeAccount, l.name, w.api)
	return l
}

// begin replaces the operator's process by a fresh one.
func (l *lender) begin() {
	GinkgoHelper()
	asking, err := twilioapi.New(l.stub.URL())
	Expect(err).NotTo(HaveOccurred())
	l.reconciler = &controllers.AccountReconciler{
		Reader:   l.api,
		Accounts: &accounts.Finder{Secrets: l.api, Cluster: l.api},
		Client:   l.wire.around(l.api),
		Recorder: l.recorder,
		Clock:    l.clock,
		Twilio:   asking,
		Lease:    controllers.NewLease(nil),
	}
}

func removeAccount(ctx SpecContext, name string, api client.Client) {
	GinkgoHelper()
	lent := &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(client.IgnoreNotFound(api.Delete(ctx, lent))).To(Succeed())
}

func verified(every v1alpha1.Duration) func(*v1alpha1.ClusterAccount) {
	return func(lent *v1alpha1.ClusterAccount) { lent.Spec.Verify = &v1alpha1.Verify{Interval: every} }
}

func limited(limits v1alpha1.Limits) func(*v1alpha1.ClusterAccount) {
	return func(lent *v1alpha1.ClusterAccount) { lent.Spec.Limits = &limits }
}

// look makes one pass over the account, and one more, which must change nothing.
func (l *lender) look(ctx context.Context) reconcile.Result {
	GinkgoHelper()
	l.noteSecrets(ctx)
	request := reconcile.Request{NamespacedName: client.ObjectKey{Name: l.name}}
	result, err := l.reconciler.Reconcile(log.IntoContext(ctx, l.heard.logger()), request)
	Expect(err).NotTo(HaveOccurred())
	before := l.lent(ctx)
	_, err = l.reconciler.Reconcile(ctx, request)
	Expect(err).NotTo(HaveOccurred())
	after := l.lent(ctx)
	Expect(after.ResourceVersion).To(Equal(before.ResourceVersion), "a pass over what was settled wrote something")
	_, _ = fmt.Fprintf(l.heard, "%+v\n", after.Status)
	return result
}

func (l *lender) lent(ctx context.Context) *v1alpha1.ClusterAccount {
	GinkgoHelper()
	lent := &v1alpha1.ClusterAccount{}
	Expect(l.api.Get(ctx, client.ObjectKey{Name: l.name}, lent)).To(Succeed())
	return lent
}

// says are the conditions, as status and reason by type; each speaks of the
// present generation.
func (l *lender) says(ctx context.Context) conditions {
	GinkgoHelper()
	lent := l.lent(ctx)
	Expect(lent.Status.ObservedGeneration).To(Equal(lent.Generation))
	found := conditions{}
	for _, condition := range lent.Status.Conditions {
		found[condition.Type] = fmt.Sprintf("%s %s", condition.Status, condition.Reason)
		Expect(condition.ObservedGeneration).To(Equal(lent.Generation), condition.Type)
	}
	return found
}

func (l *lender) messageOf(ctx context.Context, kind string) string {
	GinkgoHelper()
	for _, condition := range l.lent(ctx).Status.Conditions {
		if condition.Type == kind {
			return condition.Message
		}
	}
	Fail("there is no condition " + kind)
	return ""
}

// putKey has an API key in the account's Secret; an empty SID takes it out.
func (l *lender) putKey(ctx context.Context, sid, secret string) {
	GinkgoHelper()
	l.secrets.add(secret)
	l.edit(ctx, twilio, func(s *corev1.Secret) {
		delete(s.Data, v1alpha1.DefaultAPIKeyKey)
		delete(s.Data, v1alpha1.DefaultAPISecretKey)
		if sid != "" {
			s.Data[v1alpha1.DefaultAPIKeyKey], s.Data[v1alpha1.DefaultAPISecretKey] = []byte(sid), []byte(secret)
		}
	})
}

func (l *lender) putAuthToken(ctx context.Context, token string) {
	GinkgoHelper()
	l.secrets.add(token)
	l.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(token) })
}
