package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

var _ = Describe("A manager that runs", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.declare(ctx)
		runManager(cluster.Config, w.heard, w.namespace)
		eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(ready)) })
	})

	// verified is the token in tommy's Secret, if the AuthToken signed it and it lives.
	verified := func(ctx context.Context, g Gomega, key string) capability.Token {
		GinkgoHelper()
		secret := w.findSecret(ctx, tommy)
		g.Expect(secret).NotTo(BeNil())
		token, err := capability.Verify(string(secret.Data["token"]), key, time.Now())
		g.Expect(err).NotTo(HaveOccurred())
		return token
	}

	It("signs anew within two seconds when the account's AuthToken is rotated", func(ctx SpecContext) {
		for _, key := range []string{otherAuthToken, authToken} {
			w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(key) })
			rotated := time.Now()
			Eventually(func(g Gomega) { verified(ctx, g, key) }).WithContext(ctx).
				WithTimeout(2 * time.Second).WithPolling(5 * time.Millisecond).Should(Succeed())
			AddReportEntry("from the rotation to the new token", time.Since(rotated).Round(time.Millisecond).String())
		}
	})

	It("puts back what is edited or deleted", func(ctx SpecContext) {
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["token"] = []byte("changeme") })
		eventually(ctx, func(g Gomega) { verified(ctx, g, authToken) })
		w.deleteSecret(ctx, tommy)
		eventually(ctx, func(g Gomega) { verified(ctx, g, authToken) })
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["extra"], s.OwnerReferences = []byte("smuggled"), nil })
		eventually(ctx, func(g Gomega) {
			g.Expect(w.secret(ctx, tommy).Data).To(HaveLen(2))
			g.Expect(w.secret(ctx, tommy).OwnerReferences).To(HaveLen(1))
		})
	})

	It("follows the declaration", func(ctx SpecContext) {
		w.change(ctx, ttl("2h"))
		eventually(ctx, func(g Gomega) {
			token := verified(ctx, g, authToken)
			g.Expect(token.ExpiresAt.Sub(token.IssuedAt)).To(Equal(2 * time.Hour))
		})
		w.change(ctx, secretName("elsewhere"))
		eventually(ctx, func(g Gomega) {
			g.Expect(w.findSecret(ctx, tommy)).To(BeNil())
			g.Expect(w.findSecret(ctx, "elsewhere")).NotTo(BeNil())
		})
		w.change(ctx, secretName(tommy), renewRequested("2026-01-01T00:00:00Z"))
		eventually(ctx, func(g Gomega) {
			verified(ctx, g, authToken)
			g.Expect(w.object(ctx).Status.LastRenewRequest).NotTo(BeNil())
		})
	})

	It("stops renewing when the account's label goes, and heals at once when it comes back", func(ctx SpecContext) {
		w.edit(ctx, twilio, func(s *corev1.Secret) { delete(s.Labels, v1alpha1.AccountLabel) })
		eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(failing(v1alpha1.ReasonAccountNotFound))) })
		w.deleteSecret(ctx, tommy)
		eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotFound))) })
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		w.edit(ctx, twilio, func(s *corev1.Secret) { metav1.SetMetaDataLabel(&s.ObjectMeta, v1alpha1.AccountLabel, "true") })
		eventually(ctx, func(g Gomega) {
			verified(ctx, g, authToken)
			g.Expect(w.status(ctx)).To(Equal(ready))
		})
	})

	It("gives a name to the one who waited as soon as the first has left", func(ctx SpecContext) {
		w.declare(ctx, named(anna), secretName(tommy))
		eventually(ctx, func(g Gomega) { g.Expect(w.statusOf(ctx, anna)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned))) })
		w.change(ctx, secretName("elsewhere"))
		eventually(ctx, func(g Gomega) {
			g.Expect(w.statusOf(ctx, anna)).To(Equal(ready))
			g.Expect(w.status(ctx)).To(Equal(ready))
			g.Expect(w.secret(ctx, tommy).OwnerReferences).To(HaveExactElements(HaveField("Name", anna)))
		})
	})

	It("takes a name that something else had within ten seconds of its end", func(ctx SpecContext) {
		taken := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "taken"}}
		Expect(w.api.Create(ctx, taken)).To(Succeed())
		w.change(ctx, secretName("taken"))
		eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned))) })
		Expect(w.api.Delete(ctx, taken)).To(Succeed())
		Eventually(func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(ready)) }).WithContext(ctx).WithTimeout(11 * time.Second).Should(Succeed())
	})

	It("is not woken by what is none of its business", func(ctx SpecContext) {
		before := settledPasses(ctx)
		other := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "others"},
			StringData: map[string]string{"password": "correct horse battery"},
		}
		Expect(w.api.Create(ctx, other)).To(Succeed())
		w.edit(ctx, "others", func(s *corev1.Secret) { s.Data["password"] = []byte("staple") })
		w.edit(ctx, twilio, func(s *corev1.Secret) { metav1.SetMetaDataLabel(&s.ObjectMeta, "team", "telephony") })
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Labels = map[string]string{"team": "support"} })
		Expect(w.api.Delete(ctx, other)).To(Succeed())
		w.createAccount(ctx, "unused", otherAccountSID, otherAuthToken)

		w.change(ctx, ttl("2h")) // comes last, and is its business
		eventually(ctx, func(g Gomega) {
			g.Expect(w.object(ctx).Status.ObservedGeneration).To(Equal(w.object(ctx).Generation))
		})
		Eventually(passes).WithContext(ctx).Should(Equal(before + 1))
		Consistently(passes).WithContext(ctx).WithTimeout(time.Second).Should(Equal(before + 1))
	})
})

// settledPasses waits until no pass has been counted for a while: the last one is
// counted a moment after what it wrote can be read.
func settledPasses(ctx context.Context) float64 {
	GinkgoHelper()
	count, same := passes(), 0
	Eventually(func() int {
		if now := passes(); now == count {
			same++
		} else {
			count, same = now, 0
		}
		return same
	}).WithContext(ctx).WithPolling(50 * time.Millisecond).Should(BeNumerically(">=", 5))
	return count
}

func eventually(ctx context.Context, holds func(g Gomega)) {
	GinkgoHelper()
	Eventually(holds).WithContext(ctx).WithPolling(20 * time.Millisecond).Should(Succeed())
}

// status is what tommy's conditions say at a moment at which they may still be
// those of an earlier generation.
func (w *world) status(ctx context.Context) conditions { return w.statusOf(ctx, tommy) }

func (w *world) statusOf(ctx context.Context, name string) conditions {
	GinkgoHelper()
	said := conditions{}
	object := w.find(ctx, name)
	if object == nil || object.Status.ObservedGeneration != object.Generation {
		return said
	}
	for _, condition := range object.Status.Conditions {
		said[condition.Type] = string(condition.Status) + " " + condition.Reason
	}
	return said
}
