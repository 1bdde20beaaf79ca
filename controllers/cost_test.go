package controllers_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// costs are requests that the API server has counted, as "PATCH secrets", and
// under "passes" those that the operator has made.
type costs map[string]float64

const aPass = "passes"

// countedOn reads the API server's own count of requests about the operator's
// two resources.
func countedOn(ctx context.Context, on *controlplane.Cluster) costs {
	GinkgoHelper()
	api, err := kubernetes.NewForConfig(on.Config)
	Expect(err).NotTo(HaveOccurred())
	page, err := api.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	counted := costs{aPass: passes()}
	Expect(err).NotTo(HaveOccurred())
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(linesAbout("apiserver_request_total", string(page))))
	Expect(err).NotTo(HaveOccurred())
	for _, metric := range families["apiserver_request_total"].GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if labels["resource"] == "secrets" || labels["resource"] == "clientcapabilities" {
			request := labels["verb"] + " " + strings.TrimSuffix(labels["resource"]+"/"+labels["subresource"], "/")
			counted[request] += metric.GetCounter().GetValue()
		}
	}
	return counted
}

// linesAbout leaves out the rest of a page, which is long.
func linesAbout(metric, page string) string {
	var lines strings.Builder
	for line := range strings.Lines(page) {
		if strings.Contains(line, metric) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// since leaves out what had been counted before, and watches, which are
// counted when they end.
func (c costs) since(before costs) costs {
	since := costs{}
	for request, count := range c {
		if count > before[request] && !strings.HasPrefix(request, "WATCH ") {
			since[request] = count - before[request]
		}
	}
	return since
}

func (c costs) String() string {
	var lines strings.Builder
	for _, request := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&lines, "%-40s %5.0f\n", request, c[request])
	}
	return lines.String()
}

var _ = Describe("The cost", func() {
	const objects = 10
	var w *world
	var on *controlplane.Cluster
	declareAll := func(ctx context.Context, lives v1alpha1.Duration) {
		GinkgoHelper()
		for i := range objects {
			w.declare(ctx, named(fmt.Sprintf("client-%d", i)), ttl(lives))
		}
	}
	BeforeEach(func(ctx SpecContext) {
		on = bareCluster(ctx) // nobody else makes a call there
		w = newWorldOn(ctx, on)
		DeferCleanup(func(ctx SpecContext) { // or the next manager would take them up
			Expect(w.api.DeleteAllOf(ctx, &v1alpha1.ClientCapability{}, client.InNamespace(w.namespace))).To(Succeed())
		})
	})

	It("of a renewal is one pass, one write of the Secret and one of the status, and no read", func(ctx SpecContext) {
		const renewals = 40
		declareAll(ctx, "5s")
		before := countedOn(ctx, on)
		stop := runManager(on.Config, w.heard, w.namespace)

		// While a renewal is under way, the books don't balance; between two they must.
		var spent costs
		Eventually(func(g Gomega, ctx context.Context) {
			spent = countedOn(ctx, on).since(before)
			renewed := spent["PATCH secrets"]
			g.Expect(renewed).To(BeNumerically(">=", renewals))
			delete(spent, "LIST secrets")
			delete(spent, "LIST clientcapabilities")
			g.Expect(spent).To(Equal(costs{
				"POST secrets":                    objects, // the first tokens, each after one look at its object
				"GET clientcapabilities":          objects,
				"PATCH secrets":                   renewed,
				"PATCH clientcapabilities/status": objects + renewed,
				aPass:                             objects + renewed,
			}))
		}).WithContext(ctx).WithTimeout(60 * time.Second).WithPolling(100 * time.Millisecond).Should(Succeed())
		stop()
		AddReportEntry("first tokens and renewals", fmt.Sprintf("%d and %.0f\n%s", objects, spent["PATCH secrets"], spent))
	})

	It("of reading lists is paid once, when a manager starts", func(ctx SpecContext) {
		declareAll(ctx, "5s")
		runManager(on.Config, w.heard, w.namespace)
		Eventually(func() float64 { return countedOn(ctx, on)["PATCH secrets"] }).WithContext(ctx).Should(BeNumerically(">", 0))
		before := countedOn(ctx, on)
		Eventually(func() float64 { return countedOn(ctx, on).since(before)["PATCH secrets"] }).WithContext(ctx).Should(BeNumerically(">=", 10))
		Expect(countedOn(ctx, on).since(before)).NotTo(Or(HaveKey("LIST secrets"), HaveKey("LIST clientcapabilities"), HaveKey("GET secrets")))
	})

	It("of a restart with everything in date is no write at all", func(ctx SpecContext) {
		declareAll(ctx, "1h")
		before := countedOn(ctx, on)
		stop := runManager(on.Config, w.heard, w.namespace)
		Eventually(func() float64 { return countedOn(ctx, on).since(before)["PATCH clientcapabilities/status"] }).
			WithContext(ctx).Should(BeEquivalentTo(objects))
		stop()

		before = countedOn(ctx, on)
		stop = runManager(on.Config, w.heard, w.namespace)
		Eventually(func() float64 { return countedOn(ctx, on).since(before)[aPass] }).WithContext(ctx).Should(BeEquivalentTo(objects))
		stop()
		spent := countedOn(ctx, on).since(before)
		delete(spent, "LIST secrets")
		delete(spent, "LIST clientcapabilities")
		Expect(spent).To(Equal(costs{aPass: objects}))
		AddReportEntry("a restart", spent.String())
	})
})
