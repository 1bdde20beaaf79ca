package tokenserver

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/component-base/metrics/legacyregistry"
)

// Labels come from closed sets: no object, no caller, no client name.
var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "capability_operator",
		Name:      "token_requests_total",
		Help:      "Requests for a token on demand, by the code of the answer and the reason of a refusal.",
	}, []string{"code", "reason"})

	latency = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "capability_operator",
		Name:      "token_request_duration_seconds",
		Help:      "How long requests for a token on demand took.",
		Buckets:   []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})

	requestsInFlight = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "capability_operator",
		Name:      "token_requests_in_flight",
		Help:      "Requests for a token on demand that are being served.",
	})
)

// The library serves this registry.
func init() { legacyregistry.RawMustRegister(requests, latency, requestsInFlight) }
