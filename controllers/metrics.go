package controllers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// What was done, counted. Their labels come from closed sets: no object, no
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

	expired = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "capability_operator",
		Name:      "tokens_expired_total",
		Help:      "Tokens that expired in their Secret before they could be renewed, suspended ones left out.",
	})

	lateness = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "capability_operator",
		Name:      "renewal_lateness_seconds",
		Help:      "How long after its planned time a token was renewed.",
		Buckets:   []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300},
	})

	clockSkew = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "capability_operator",
		Name:      "apiserver_clock_skew_seconds",
		Help:      "How far the API server's clock is ahead of the operator's, to about a second; negative where it is behind.",
	})
)

// metrics.Registry is what the manager serves.
func init() { metrics.Registry.MustRegister(tokensMinted, failures, expired, lateness, clockSkew) }

func (r *Reconciler) count(p *pass, now time.Time) {
	if p.minted != "" {
		tokensMinted.WithLabelValues(string(p.minted)).Inc()
	}
	if p.minted == issuance.CauseRenewal && p.capability.Generation == p.capability.Status.ObservedGeneration {
		// Else another declaration planned it, or it was suspended until now.
		lateness.Observe(now.Sub(p.verdict.RenewAt).Seconds())
	}
	if fault := p.trouble(); fault != nil {
		failures.WithLabelValues(fault.Reason).Inc()
	}
	if held := p.foundExpired(now); held != nil && r.memory.firstExpired(p.key, held.ExpiresAt) {
		expired.Inc()
	}
}

// foundExpired is the token that expired in the Secret, though nobody had
// suspended it or withdrawn the account; nil where none did, or where status has
// told of it already.
func (p *pass) foundExpired(now time.Time) *capability.Token {
	held := p.verdict.Held
	switch {
	case held == nil || now.Before(held.ExpiresAt) || p.minted != "" && p.minted != issuance.CauseTokenExpired:
		return nil
	case p.verdict.Action == issuance.Refuse && withholdsReady(p.verdict.Fault):
		return nil
	case p.capability.Spec.Suspend || hasReason(p.capability, v1alpha1.ReadyCondition, v1alpha1.ReasonTokenExpired):
		return nil
	}
	return held
}
