package controllers_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A manager that runs, with tokens on demand", func() {
	var w *world
	onDemand, inSecret := delivery(v1alpha1.DeliveryOnDemand), delivery(v1alpha1.DeliverySecret)
	isWithout := func(ctx context.Context, g Gomega, name string) {
		GinkgoHelper()
		g.Expect(w.findSecret(ctx, name)).To(BeNil())
		g.Expect(w.statusOf(ctx, name)).To(Equal(granting))
	}

	Context("of one object", func() {
		BeforeEach(func(ctx SpecContext) {
			w = newWorld(ctx)
			w.declare(ctx, onDemand)
			runManager(cluster.Config, w.heard, w.namespace)
			eventually(ctx, func(g Gomega) { isWithout(ctx, g, tommy) })
		})

		It("says at once that the account is gone, and that it is back", func(ctx SpecContext) {
			for range 2 {
				w.edit(ctx, twilio, func(s *corev1.Secret) { delete(s.Labels, v1alpha1.AccountLabel) })
				eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotFound))) })
				w.edit(ctx, twilio, func(s *corev1.Secret) { metav1.SetMetaDataLabel(&s.ObjectMeta, v1alpha1.AccountLabel, "true") })
				eventually(ctx, func(g Gomega) { isWithout(ctx, g, tommy) })
			}
		})

		It("makes the Secret, removes it, and removes it where somebody brings it back", func(ctx SpecContext) {
			w.change(ctx, inSecret)
			eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(ready)) })
			backup := w.secret(ctx, tommy)
			backup.ResourceVersion, backup.UID = "", ""
			w.change(ctx, onDemand)
			eventually(ctx, func(g Gomega) { isWithout(ctx, g, tommy) })
			Expect(w.api.Create(ctx, backup)).To(Succeed())
			eventually(ctx, func(g Gomega) { isWithout(ctx, g, tommy) })
		})

		It("leaves no Secret behind where the delivery changes as soon as one is made", func(ctx SpecContext) {
			for i := range 20 {
				w.declare(ctx, named(fmt.Sprintf("client-%d", i)))
			}
			for i := range 20 { // each when its Secret has just been made, and whatever the cache has of that
				name := fmt.Sprintf("client-%d", i)
				Eventually(func() *corev1.Secret { return w.findSecret(ctx, name) }).WithContext(ctx).WithPolling(time.Millisecond).ShouldNot(BeNil())
				patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"delivery":"OnDemand"}}`))
				Expect(w.api.Patch(ctx, w.find(ctx, name), patch)).To(Succeed())
			}
			eventually(ctx, func(g Gomega) {
				for i := range 20 {
					isWithout(ctx, g, fmt.Sprintf("client-%d", i))
				}
			})
		})

		It("gives its name to one who waited for it", func(ctx SpecContext) {
			w.change(ctx, inSecret)
			eventually(ctx, func(g Gomega) { g.Expect(w.status(ctx)).To(Equal(ready)) })
			w.declare(ctx, named(anna), secretName(tommy))
			eventually(ctx, func(g Gomega) { g.Expect(w.statusOf(ctx, anna)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned))) })
			w.change(ctx, onDemand)
			eventually(ctx, func(g Gomega) {
				g.Expect(w.statusOf(ctx, anna)).To(Equal(ready))
				g.Expect(w.status(ctx)).To(Equal(granting))
			})
		})

		It("is not woken by Secrets of its name", func(ctx SpecContext) {
			w.declare(ctx, named(anna), secretName(tommy))
			eventually(ctx, func(g Gomega) { g.Expect(w.statusOf(ctx, anna)).To(Equal(ready)) })
			before := settledPasses(ctx)
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["extra"] = []byte("mine") })
			eventually(ctx, func(g Gomega) { g.Expect(w.secret(ctx, tommy).Data).NotTo(HaveKey("extra")) })
			// One pass mends, and its own write is an echo; each of the two events would wake tommy besides.
			Consistently(passes).WithContext(ctx).WithTimeout(time.Second).Should(BeNumerically("<=", before+1))
		})
	})

	It("writes nothing at its start, nor for a rotated account", func(ctx SpecContext) {
		const objects = 10
		on := bareCluster(ctx) // nobody else makes a call there
		w = newWorldOn(ctx, on)
		DeferCleanup(func(ctx SpecContext) { // or the next manager would take them up
			Expect(w.api.DeleteAllOf(ctx, &v1alpha1.ClientCapability{}, client.InNamespace(w.namespace))).To(Succeed())
		})
		before := countedOn(ctx, on)
		for i := range objects {
			w.declare(ctx, named(fmt.Sprintf("client-%d", i)), onDemand)
		}
		spent := func() costs {
			counted := countedOn(ctx, on).since(before)
			delete(counted, "LIST secrets")
			delete(counted, "LIST clientcapabilities")
			delete(counted, "POST clientcapabilities")
			return counted
		}
		stop := runManager(on.Config, w.heard, w.namespace)
		Eventually(spent).WithContext(ctx).Should(Equal(costs{aPass: objects, "PATCH clientcapabilities/status": objects}))
		stop()

		before = countedOn(ctx, on)
		runManager(on.Config, w.heard, w.namespace)
		Eventually(spent).WithContext(ctx).Should(Equal(costs{aPass: objects}))
		w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(otherAuthToken) })
		w.secrets.add(otherAuthToken)
		Eventually(spent).WithContext(ctx).Should(HaveKeyWithValue(aPass, BeEquivalentTo(2*objects)))
		Consistently(spent).WithContext(ctx).WithTimeout(time.Second).Should(Equal(costs{aPass: 2 * objects, "GET secrets": 1, "PUT secrets": 1}))
	})
})
