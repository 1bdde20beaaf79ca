package controllers

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Counters of what was done. Their labels come from closed sets: no object, no
// client name, no text of an error.
var (
	tokensMinted = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "capability_operator",
		Name:      "tokens_minted_total",
		Help:      "Tokens written into Secrets, by the cause that they were minted for.",
	}, []string{"cause"})

	failures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "capability_operator",
		Name:      "failures_total",
		Help:      "Passes over a ClientCapability that left it unfulfilled, by the reason that its conditions give.",
	}, []string{"reason"})
)

// metrics.Registry is what the manager serves.
func init() { metrics.Registry.MustRegister(tokensMinted, failures) }

func (r *Reconciler) count(p *pass) {
	if p.minted != "" {
		tokensMinted.WithLabelValues(string(p.minted)).Inc()
	}
	if fault := p.trouble(); fault != nil {
		failures.WithLabelValues(fault.Reason).Inc()
	}
}
