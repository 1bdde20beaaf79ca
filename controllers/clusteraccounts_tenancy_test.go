package controllers_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const (
	// What the platform team calls its Secret, and an application of another
	// tenant: no business of tommy's.
	vault               = "crown-jewels"
	theirApplicationSID = "APbbbbbbbbbbbbbbbb0123456789abcdef"
)

// tenancy is a world whose tommy uses a ClusterAccount. Its Secret is in a
// namespace of the platform team's; the world itself has no account.
type tenancy struct {
	*world
	platform string // the platform team's namespace
	account  string // the ClusterAccount
}

func newTenancy(ctx context.Context) *tenancy {
	GinkgoHelper()
	w := newWorld(ctx)
	w.deleteSecret(ctx, twilio)
	platform := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "platform-"}}
	Expect(w.api.Create(ctx, platform)).To(Succeed())
	t := &tenancy{world: w, platform: platform.Name, account: "production-" + w.namespace}
	w.secrets.add(apiSecret)
	t.restore(ctx)
	DeferCleanup(t.discard)
	return t
}

// discard takes the account away, which no namespace takes with it.
func (t *tenancy) discard(ctx SpecContext) {
	Expect(client.IgnoreNotFound(t.api.Delete(ctx, t.lent()))).To(Succeed())
}

func (t *tenancy) lent() *v1alpha1.ClusterAccount {
	return &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: t.account}}
}

// restore has the account as it was at first: every namespace may use it, for
// everything, and its Secret holds an AuthToken and an API key.
func (t *tenancy) restore(ctx context.Context) {
	GinkgoHelper()
	t.reconciler.Accounts.Cluster = t.api
	stored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: t.platform, Name: vault}}
	Expect(client.IgnoreNotFound(t.api.Delete(ctx, stored))).To(Succeed())
	Expect(t.api.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: t.platform, Name: vault,
			Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		StringData: map[string]string{
			v1alpha1.DefaultAccountSIDKey: accountSID, v1alpha1.DefaultAuthTokenKey: authToken,
			v1alpha1.DefaultAPIKeyKey: apiKey, v1alpha1.DefaultAPISecretKey: apiSecret,
		},
	})).To(Succeed())
	lent := t.lent()
	if err := t.api.Get(ctx, client.ObjectKeyFromObject(lent), lent); err == nil {
		lent.Finalizers = nil
		Expect(t.api.Update(ctx, lent)).To(Succeed())
		Expect(client.IgnoreNotFound(t.api.Delete(ctx, lent))).To(Succeed())
	}
	lent = t.lent()
	lent.Spec = v1alpha1.ClusterAccountSpec{
		SecretRef:         v1alpha1.ClusterSecretReference{Namespace: t.platform, Name: vault},
		AllowedNamespaces: &v1alpha1.AllowedNamespaces{All: new(true)},
		Limits:            &v1alpha1.Limits{Capabilities: []v1alpha1.CapabilityName{"Incoming", "Outgoing", "EventStream"}},
	}
	Expect(t.api.Create(ctx, lent)).To(Succeed())
}

// set has the owner of the account change its spec.
func (t *tenancy) set(ctx context.Context, change func(*v1alpha1.ClusterAccountSpec)) {
	GinkgoHelper()
	t.untilWritten(ctx, func() client.Object {
		lent := t.lent()
		Expect(t.api.Get(ctx, client.ObjectKeyFromObject(lent), lent)).To(Succeed())
		change(&lent.Spec)
		return lent
	})
}

// holds has the owner change what the account's Secret holds.
func (t *tenancy) holds(ctx context.Context, change func(*corev1.Secret)) {
	GinkgoHelper()
	t.untilWritten(ctx, func() client.Object {
		secret := &corev1.Secret{}
		Expect(t.api.Get(ctx, client.ObjectKey{Namespace: t.platform, Name: vault}, secret)).To(Succeed())
		change(secret)
		return secret
	})
}

// labelled gives tommy's namespace the label voice, or with an empty value takes
// it away.
func (t *tenancy) labelled(ctx context.Context, value string) {
	GinkgoHelper()
	t.untilWritten(ctx, func() client.Object {
		namespace := &corev1.Namespace{}
		Expect(t.api.Get(ctx, client.ObjectKey{Name: t.namespace}, namespace)).To(Succeed())
		delete(namespace.Labels, "voice")
		if value != "" {
			namespace.Labels["voice"] = value
		}
		return namespace
	})
}

// uses has a capability use the ClusterAccount.
func (t *tenancy) uses(c *v1alpha1.ClientCapability) {
	c.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: t.account}
}

// declareTenant creates tommy, who uses the account.
func (t *tenancy) declareTenant(ctx context.Context, changes ...declaration) {
	GinkgoHelper()
	t.declare(ctx, append([]declaration{t.uses}, changes...)...)
}

// written puts the names of this world into a message.
func (t *tenancy) written(message string) string {
	return strings.NewReplacer("{account}", t.account, "{namespace}", t.namespace).Replace(message)
}

// verifyTenant: tommy's token is the account's, signed as its type is.
func (t *tenancy) verifyTenant(ctx context.Context) {
	GinkgoHelper()
	object := t.object(ctx)
	key := authToken
	if object.TokenType() == v1alpha1.TokenTypeAccess {
		key = apiSecret
	}
	token, err := capability.Verify(t.raw(ctx), key, t.clock.Now())
	Expect(err).NotTo(HaveOccurred())
	Expect(token.AccountSID).To(Equal(accountSID))
	Expect(token.Grant.ClientName).To(Equal(object.Spec.ClientName))
	Expect(t.conditions(ctx)).To(Equal(ready))
}

// expectDiscretion: whoever may read tommy and his events learns nothing from
// them that is another's: what the account's Secret is called and where it is,
// what others may use, who his client is.
func (t *tenancy) expectDiscretion(ctx context.Context, events []string) {
	GinkgoHelper()
	object := t.object(ctx)
	said := append([]string(nil), events...)
	for _, condition := range object.Status.Conditions {
		said = append(said, condition.Message)
	}
	for _, private := range []string{
		object.Spec.ClientName, t.platform, vault, theirApplicationSID, "TWILIO_", "sales", "$(namespace)", apiKey, accountSID,
	} {
		if private != "" {
			Expect(said).NotTo(ContainElement(ContainSubstring(private)))
		}
	}
}

// blind sees no namespace yet.
type blind struct{ client.Reader }

func (b blind) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	if into.GetObjectKind().GroupVersionKind().Kind == "Namespace" {
		return notFound(key)
	}
	return b.Reader.Get(ctx, key, into, opts...)
}
