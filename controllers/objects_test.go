package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// declaration changes what is declared.
type declaration func(*v1alpha1.ClientCapability)

func named(name string) declaration {
	return func(c *v1alpha1.ClientCapability) { c.Name = name }
}

func ttl(ttl v1alpha1.Duration) declaration {
	return func(c *v1alpha1.ClientCapability) { c.Spec.TTL = ttl }
}

func suspended(suspended bool) declaration {
	return func(c *v1alpha1.ClientCapability) { c.Spec.Suspend = suspended }
}

// target changes spec.secret.
func target(change func(*v1alpha1.SecretTarget)) declaration {
	return func(c *v1alpha1.ClientCapability) {
		if c.Spec.Secret == nil {
			c.Spec.Secret = &v1alpha1.SecretTarget{}
		}
		change(c.Spec.Secret)
	}
}

func secretName(name string) declaration {
	return target(func(t *v1alpha1.SecretTarget) { t.Name = name })
}

func secretKey(key v1alpha1.SecretKey) declaration {
	return target(func(t *v1alpha1.SecretTarget) { t.Key = key })
}

func secretLabels(labels map[string]v1alpha1.LabelValue) declaration {
	return target(func(t *v1alpha1.SecretTarget) { t.Labels = labels })
}

func secretAnnotations(annotations map[string]v1alpha1.AnnotationValue) declaration {
	return target(func(t *v1alpha1.SecretTarget) { t.Annotations = annotations })
}

func deletionPolicy(policy v1alpha1.DeletionPolicy) declaration {
	return target(func(t *v1alpha1.SecretTarget) { t.DeletionPolicy = policy })
}

func delivery(delivery v1alpha1.Delivery) declaration {
	return func(c *v1alpha1.ClientCapability) { c.Spec.Delivery = delivery }
}

func renewRequested(value string) declaration {
	return func(c *v1alpha1.ClientCapability) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestedAtAnnotation, value)
	}
}

// declare creates tommy, who may receive calls, or what the changes make of him.
func (w *world) declare(ctx context.Context, changes ...declaration) *v1alpha1.ClientCapability {
	GinkgoHelper()
	object := &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: tommy},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: twilio},
			ClientName: "tommy.tester",
			Incoming:   true,
		},
	}
	for _, change := range changes {
		change(object)
	}
	Expect(w.api.Create(ctx, object)).To(Succeed())
	return object
}

// change has the owner of tommy change his declaration.
func (w *world) change(ctx context.Context, changes ...declaration) {
	GinkgoHelper()
	w.untilWritten(ctx, func() client.Object {
		object := w.object(ctx)
		for _, change := range changes {
			change(object)
		}
		return object
	})
}

// untilWritten tries again where an operator that runs came in between.
func (w *world) untilWritten(ctx context.Context, changed func() client.Object) {
	GinkgoHelper()
	Expect(retry.RetryOnConflict(retry.DefaultRetry, func() error { return w.api.Update(ctx, changed()) })).To(Succeed())
}

func (w *world) object(ctx context.Context) *v1alpha1.ClientCapability {
	GinkgoHelper()
	object := w.find(ctx, tommy)
	Expect(object).NotTo(BeNil())
	return object
}

// find returns nil for an object that is not there.
func (w *world) find(ctx context.Context, name string) *v1alpha1.ClientCapability {
	GinkgoHelper()
	object := &v1alpha1.ClientCapability{}
	err := w.api.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, object)
	if apierrors.IsNotFound(err) {
		return nil
	}
	Expect(err).NotTo(HaveOccurred())
	return object
}

func (w *world) createAccount(ctx context.Context, name, sid, token string) {
	GinkgoHelper()
	w.secrets.add(token)
	Expect(w.api.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace, Name: name,
			Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: token},
	})).To(Succeed())
}

// secret fails where there is none.
func (w *world) secret(ctx context.Context, name string) *corev1.Secret {
	GinkgoHelper()
	secret := w.findSecret(ctx, name)
	Expect(secret).NotTo(BeNil(), "there is no Secret %q", name)
	return secret
}

func (w *world) findSecret(ctx context.Context, name string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{}
	err := w.api.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil
	}
	Expect(err).NotTo(HaveOccurred())
	return secret
}

// edit changes a Secret behind the operator's back.
func (w *world) edit(ctx context.Context, name string, change func(*corev1.Secret)) {
	GinkgoHelper()
	w.untilWritten(ctx, func() client.Object {
		secret := w.secret(ctx, name)
		change(secret)
		return secret
	})
}

// controlledBy are the names of the token Secrets that the object controls and
// that nothing holds back from going.
func (w *world) controlledBy(ctx context.Context, object *v1alpha1.ClientCapability) []string {
	GinkgoHelper()
	list := &corev1.SecretList{}
	Expect(w.api.List(ctx, list, client.InNamespace(w.namespace))).To(Succeed())
	var names []string
	for i := range list.Items {
		if metav1.IsControlledBy(&list.Items[i], object) && list.Items[i].DeletionTimestamp.IsZero() {
			names = append(names, list.Items[i].Name)
		}
	}
	return names
}

func (w *world) deleteSecret(ctx context.Context, name string) {
	GinkgoHelper()
	Expect(w.api.Delete(ctx, w.secret(ctx, name))).To(Succeed())
}

// raw is what stands under the key "token" of tommy's Secret.
func (w *world) raw(ctx context.Context) string {
	GinkgoHelper()
	return string(w.secret(ctx, tommy).Data[v1alpha1.DefaultTokenKey])
}

// token is the token in tommy's Secret, verified with the account's present
// AuthToken at the present moment.
func (w *world) token(ctx context.Context) capability.Token {
	GinkgoHelper()
	return w.verify(ctx, w.raw(ctx))
}

func (w *world) verify(ctx context.Context, raw string) capability.Token {
	GinkgoHelper()
	key := string(w.secret(ctx, twilio).Data[v1alpha1.DefaultAuthTokenKey])
	token, err := capability.Verify(raw, key, w.clock.Now())
	Expect(err).NotTo(HaveOccurred())
	return token
}

// sign makes the token that the operator would have made for tommy at that moment.
func sign(at time.Time) string {
	GinkgoHelper()
	raw, err := capability.Mint(capability.Token{
		AccountSID: accountSID,
		Grant:      capability.Grant{ClientName: "tommy.tester", Incoming: true},
		IssuedAt:   at,
	}, authToken)
	Expect(err).NotTo(HaveOccurred())
	return raw
}

func parse(raw string) capability.Token {
	GinkgoHelper()
	token, err := capability.Parse(raw)
	Expect(err).NotTo(HaveOccurred())
	return token
}

// loseStatus empties the status, as a restore from a backup does.
func (w *world) loseStatus(ctx context.Context) {
	GinkgoHelper()
	object := w.object(ctx)
	object.Status = v1alpha1.ClientCapabilityStatus{}
	Expect(w.api.Status().Update(ctx, object)).To(Succeed())
}

// whole cuts a moment to the second, as tokens and statuses do.
func whole(t time.Time) time.Time { return t.Truncate(time.Second).UTC() }
