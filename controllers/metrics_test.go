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

// late is how many renewals were late so far, and by how many seconds in all.
func late() (renewals uint64, seconds float64) {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() == "capability_operator_renewal_lateness_seconds" {
			histogram := family.GetMetric()[0].GetHistogram()
			return histogram.GetSampleCount(), histogram.GetSampleSum()
		}
	}
	return 0, 0
}

var _ = Describe("The lateness of renewals", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	DescribeTable("is told",
		func(ctx SpecContext, happens func(ctx context.Context, due time.Duration), renewals int, by float64) {
			w.declare(ctx)
			due := w.pass(ctx).RequeueAfter
			countBefore, sumBefore := late()
			happens(ctx, due)
			w.pass(ctx)
			count, sum := late()
			Expect(count - countBefore).To(BeEquivalentTo(renewals))
			Expect(sum - sumBefore).To(BeNumerically("~", by, 0.001))
		},
		Entry("of one in time", func(_ context.Context, due time.Duration) { w.step(due) }, 1, 0.0),
		Entry("of one that had to wait", func(_ context.Context, due time.Duration) { w.step(due + 7*time.Second) }, 1, 7.0),
		Entry("not of a first issue for another declaration", func(ctx context.Context, due time.Duration) {
			w.step(due + time.Second)
			w.change(ctx, ttl("2h"))
		}, 0, 0.0),
		Entry("not of one that is due because it was declared so a moment ago", func(ctx context.Context, due time.Duration) {
			w.step(due - time.Minute)
			w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Spec.RenewBefore = "50m" })
		}, 0, 0.0),
		Entry("not of one that was suspended when it was due", func(ctx context.Context, due time.Duration) {
			w.change(ctx, suspended(true))
			w.pass(ctx)
			w.step(due + time.Minute)
			w.change(ctx, suspended(false))
		}, 0, 0.0),
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
