package main

import (
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
)

func TestAnOperatorThatDoesNotWorkIsToldOf(t *testing.T) {
	t.Run("where it never saw the object", func(t *testing.T) {
		w := newWorld(t)
		w.create(w.accountSecret(w.namespace))
		w.create(w.declaration())
		w.mustBe(advice.Pending)
		w.transcribe("Pending", usual...)
		w.keepDocument("Pending")
	})
	t.Run("where it has not seen a change", func(t *testing.T) {
		w := newWorld(t)
		w.issued()
		w.change(func(c *v1alpha1.ClientCapability) { c.Spec.TTL = "2h" })
		w.mustBe(advice.Pending)
		w.transcribe("Pending-after-a-change", usual...)
		w.keepDocument("Pending-after-a-change")
	})
	t.Run("where it does not renew", func(t *testing.T) {
		w := newWorld(t)
		w.issued()
		w.step(42 * time.Minute)
		w.mustBe(advice.Overdue)
		w.transcribe("Overdue", usual...)
		w.keepDocument("Overdue")
	})
	t.Run("where it lets the token expire", func(t *testing.T) {
		w := newWorld(t)
		w.issued()
		w.step(62 * time.Minute)
		w.mustBe(advice.Overdue)
		w.transcribe("Overdue-and-expired", "list", "explain tommy", "inspect tommy")
		w.keepDocument("Overdue-and-expired")
	})
	t.Run("where it stopped while renewals failed", func(t *testing.T) {
		w := newWorld(t)
		w.issued()
		w.delete(w.accountSecret(w.namespace))
		w.step(45 * time.Minute)
		w.pass()
		w.step(17 * time.Minute)
		w.mustBe(v1alpha1.ReasonAccountNotFound)
		w.transcribe("Expired-unsaid", usual...)
		w.keepDocument("Expired-unsaid")
	})
}

func TestAnObjectThatIsBeingDeletedIsToldOf(t *testing.T) {
	w := newWorld(t)
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration(func(c *v1alpha1.ClientCapability) { c.Finalizers = []string{"example.com/hold"} }))
	w.pass()
	w.delete(w.declaration())
	w.mustBe(advice.Deleting)
	w.transcribe("Deleting", usual...)
	w.keepDocument("Deleting")
	w.change(func(c *v1alpha1.ClientCapability) { c.Finalizers = nil })
}

// viewer is somebody with the rights that Kubernetes' role view gives.
func (w *world) viewer() {
	w.t.Helper()
	user, err := cluster.AddUser(w.t.Context(), envtest.User{Name: "viewer-of-" + w.namespace},
		rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"clientcapabilities"}, Verbs: []string{"get", "list", "watch"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"get", "list", "watch"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.as = user.Kubeconfig
}

func TestWhoMayReadOneObjectAloneIsToldOfThat(t *testing.T) {
	w := newWorld(t)
	w.issued()
	user, err := cluster.AddUser(t.Context(), envtest.User{Name: "reader-of-" + w.namespace},
		rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"clientcapabilities"}, Verbs: []string{"get"}, ResourceNames: []string{tommy}})
	if err != nil {
		t.Fatal(err)
	}
	w.as = user.Kubeconfig
	w.transcribe("a-reader-of-one", "explain tommy", "list")
}

func TestWhoMayOnlyViewIsToldWhatStatusSays(t *testing.T) {
	commands := []string{"list", "explain tommy", "inspect tommy", "renew tommy", "accounts"}
	t.Run("of an account Secret", func(t *testing.T) {
		w := newWorld(t)
		w.issued()
		w.viewer()
		w.transcribe("a-viewer", commands...)
	})
	t.Run("of an account Secret that is not there", func(t *testing.T) {
		w := newWorld(t)
		w.create(w.declaration())
		w.pass()
		w.viewer()
		w.transcribe("a-viewer-AccountNotFound", commands...)
	})
	t.Run("of a ClusterAccount", func(t *testing.T) {
		w := newWorld(t)
		w.lendWithKey(func(spec *v1alpha1.ClusterAccountSpec) { spec.Limits = &v1alpha1.Limits{MaxTTL: "30m"} })
		w.create(w.declaration(w.lent, access))
		w.pass()
		w.viewer()
		w.transcribe("a-viewer-OutsideLimits", append(commands, "accounts production")...)
	})
}
