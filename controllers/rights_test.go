package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("An operator that may not", func() {
	secrets := func(verbs ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: verbs}
	}
	objects := rbacv1.PolicyRule{
		APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"clientcapabilities"}, Verbs: []string{"get", "list", "watch"},
	}
	statuses := rbacv1.PolicyRule{
		APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"clientcapabilities/status"}, Verbs: []string{"patch"},
	}
	var w *world
	var operator string
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		operator = "operator-of-" + w.namespace
	})

	// mayOnly replaces the operator by one who has these rights alone.
	mayOnly := func(ctx context.Context, rules ...rbacv1.PolicyRule) {
		GinkgoHelper()
		user, err := cluster.AddUser(ctx, envtest.User{Name: operator}, rules...)
		Expect(err).NotTo(HaveOccurred())
		api, err := client.NewWithWatch(user.Config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		w.runAs(api)
	}
	// grant gives it all that the manifests do.
	grant := func(ctx context.Context) {
		GinkgoHelper()
		role := metav1.ObjectMeta{Namespace: w.namespace, Name: "what-it-lacked"}
		rules := []rbacv1.PolicyRule{secrets("get", "list", "watch", "create", "patch", "delete"), objects, statuses}
		Expect(w.api.Create(ctx, &rbacv1.Role{ObjectMeta: role, Rules: rules})).To(Succeed())
		Expect(w.api.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: role,
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: operator}},
		})).To(Succeed())
	}
	eventuallyReady := func(ctx context.Context) {
		GinkgoHelper()
		Eventually(func(g Gomega, ctx context.Context) { // the API server hears of a grant after a moment
			w.pass(ctx)
			g.Expect(w.conditions(ctx)).To(Equal(ready))
		}).WithContext(ctx).Should(Succeed())
		w.token(ctx)
	}

	It("create Secrets says so, and goes on when it may", func(ctx SpecContext) {
		mayOnly(ctx, secrets("get", "list", "watch", "patch"), objects, statuses)
		w.declare(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonNotPermitted)))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("may not create secrets"))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning NotPermitted ")))
		w.expectRest(ctx)
		grant(ctx)
		eventuallyReady(ctx)
	})

	It("patch Secrets lets the token live to its end, and goes on when it may", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		before := w.secret(ctx, tommy)
		mayOnly(ctx, secrets("get", "list", "watch", "create"), objects, statuses)
		w.step(due)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
		Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonNotPermitted)))
		Expect(w.message(ctx, v1alpha1.RenewalFailingCondition)).To(ContainSubstring("may not patch secrets"))
		w.step(time.Hour)
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(expired(stalled(v1alpha1.ReasonNotPermitted))))
		Expect(w.secret(ctx, tommy)).To(Equal(before))
		grant(ctx)
		eventuallyReady(ctx)
	})

	It("delete Secrets keeps the former one after a change of name, until it may", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		mayOnly(ctx, secrets("get", "list", "watch", "create", "patch"), objects, statuses)
		w.change(ctx, secretName("second"))
		for range 3 {
			Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
			Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonNotPermitted)))
			Expect(w.message(ctx, v1alpha1.RenewalFailingCondition)).To(ContainSubstring("may not delete secrets"))
		}
		grant(ctx)
		Eventually(func(g Gomega, ctx context.Context) {
			w.pass(ctx)
			g.Expect(w.conditions(ctx)).To(Equal(ready))
		}).WithContext(ctx).Should(Succeed())
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
	})

	It("delete Secrets says that one is still there where tokens are asked for now, until it may", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.told()
		mayOnly(ctx, secrets("get", "list", "watch", "create", "patch"), objects, statuses)
		w.change(ctx, delivery(v1alpha1.DeliveryOnDemand))
		for range 3 {
			Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
			Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonNotPermitted)))
			Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("may not delete secrets"))
		}
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning NotPermitted ")))
		grant(ctx)
		Eventually(func(g Gomega, ctx context.Context) {
			w.pass(ctx)
			g.Expect(w.conditions(ctx)).To(Equal(granting))
		}).WithContext(ctx).Should(Succeed())
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
	})

	It("patch statuses keeps the token alive all the same", func(ctx SpecContext) {
		mayOnly(ctx, secrets("get", "list", "watch", "create", "patch"), objects)
		w.declare(ctx, ttl("10m"))
		for range 5 {
			after := w.pass(ctx).RequeueAfter
			Expect(after).To(BeNumerically("<=", time.Minute))
			w.token(ctx)
			w.step(4 * time.Minute)
		}
		Expect(w.told()).To(BeEmpty(), "events come after the status")
		Expect(w.heard.String()).To(ContainSubstring("cannot patch resource"))
	})

	It("read the object past its cache says so", func(ctx SpecContext) {
		mayOnly(ctx, secrets("create", "patch"), statuses)
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonNotPermitted)))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("may not get clientcapabilities"))
		grant(ctx)
		eventuallyReady(ctx)
	})
})
