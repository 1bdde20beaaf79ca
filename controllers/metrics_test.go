package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// counted is what a counter of the operator says; label is the value of its
// one label, empty for a counter without.
func counted(name, label string) float64 {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != "capability_operator_"+name {
			continue
		}
		for _, metric := range family.GetMetric() {
			if labels := metric.GetLabel(); len(labels) == 0 || labels[0].GetValue() == label {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

var _ = Describe("The operator's counters", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	// counts are by how much a counter rises.
	counts := func(name, label string, during func()) float64 {
		GinkgoHelper()
		before := counted(name, label)
		during()
		return counted(name, label) - before
	}

	It("count each token once, by its cause", func(ctx SpecContext) {
		w.declare(ctx)
		Expect(counts("tokens_minted_total", "FirstIssue", func() { w.pass(ctx); w.pass(ctx) })).To(BeEquivalentTo(1))
		w.step(50 * time.Minute)
		Expect(counts("tokens_minted_total", "Renewal", func() { w.pass(ctx); w.pass(ctx) })).To(BeEquivalentTo(1))
		w.change(ctx, ttl("2h"))
		Expect(counts("tokens_minted_total", "DeclarationChanged", func() { w.pass(ctx); w.pass(ctx) })).To(BeEquivalentTo(1))
	})

	It("count no token that did not reach the Secret", func(ctx SpecContext) {
		w.declare(ctx)
		w.wire.lose(errRefused, "create Secret")
		Expect(counts("tokens_minted_total", "FirstIssue", func() { w.pass(ctx) })).To(BeZero())
		Expect(counts("failures_total", "WriteFailed", func() { w.pass(ctx) })).To(BeEquivalentTo(1))
	})

	It("count a token also where its status could not be written", func(ctx SpecContext) {
		w.declare(ctx)
		w.wire.lose(errRefused, "patch status of ClientCapability")
		Expect(counts("tokens_minted_total", "FirstIssue", func() {
			w.pass(ctx)
			w.wire.mend()
			w.pass(ctx)
		})).To(BeEquivalentTo(1))
	})

	DescribeTable("count a token that expired in its Secret once, however long nothing is done about it",
		func(ctx SpecContext, hinder func(context.Context), expirations int) {
			w.declare(ctx)
			w.pass(ctx)
			hinder(ctx)
			w.pass(ctx)
			w.step(2 * time.Hour)
			Expect(counts("tokens_expired_total", "", func() {
				for range 3 {
					w.pass(ctx)
					w.step(time.Minute)
				}
			})).To(BeEquivalentTo(expirations))
		},
		Entry("for want of an account", func(ctx context.Context) { w.deleteSecret(ctx, twilio) }, 1),
		Entry("for want of an API server", func(context.Context) { w.wire.lose(errRefused, "patch Secret") }, 1),
		Entry("though it is replaced at once", func(context.Context) {}, 1),
		Entry("but none that was suspended", func(ctx context.Context) { w.change(ctx, suspended(true)) }, 0),
	)
})

var _ = Describe("The queue", func() {
	It("is told to put what is about to expire first, and what is in date last", func(ctx SpecContext) {
		w := newWorld(ctx)
		priorityOf := func(name string, changes ...declaration) int {
			GinkgoHelper()
			w.declare(ctx, append(changes, named(name))...)
			return *w.passOver(ctx, name).Priority
		}
		inDate := priorityOf("in-date", ttl("1h"))
		missing := priorityOf("missing", func(c *v1alpha1.ClientCapability) { c.Spec.AccountRef.Name = "absent" })
		short := priorityOf("short", ttl("20s"))
		w.wire.lose(errRefused, "create Secret")
		waited := priorityOf("waited-for", ttl("1h"))
		Expect(short).To(BeNumerically(">", waited))
		Expect(waited).To(BeNumerically(">", inDate))
		Expect(missing).To(BeNumerically("<=", inDate), "a fault that a user has to mend makes nobody else wait")
	})
})
