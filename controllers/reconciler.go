package controllers

import (
	"context"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/issuance"
)

// FieldOwner is the field manager under which everything is written.
const FieldOwner = "capability-operator"

// Reconciler keeps the Secret of each ClientCapability filled with a valid
// token. It holds nothing that a restart would miss: the Secret is the record.
type Reconciler struct {
	// Reader reads ClientCapabilities and token Secrets: in production the
	// cache that CacheOptions describes. What it returns is not modified.
	Reader client.Reader
	// Live reads past every cache.
	Live client.Reader
	// Client writes.
	Client client.Client
	// Accounts finds credentials.
	Accounts *accounts.Finder
	// Recorder takes events.
	Recorder events.EventRecorder
	// Clock is the only source of time.
	Clock clock.PassiveClock
	// ServerTime knows the API server's clock; nil where nothing is to be
	// known of it.
	ServerTime *ServerTime
	// Outages tells when the API server answers again; nil where nobody knows.
	Outages *Outages
	// AllowedPrefixes are the prefixes that the keys of spec.secret.labels
	// and .annotations may have.
	AllowedPrefixes []string
	// PerObjectMetrics is true where each object has metrics of its own.
	PerObjectMetrics bool

	memory memory
	turns  turns
}

// Reconcile makes one pass over one ClientCapability. It returns no error:
// when to try again is decided in package issuance, by what is left of the
// token, and not by the queue's limiter, which would back off for 1,000 s.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.turns.begins(req.NamespacedName)
	p, err := r.gather(ctx, req.NamespacedName)
	if err != nil {
		return r.retryUnread(ctx, req.NamespacedName, err), nil
	}
	if p == nil { // gone or going: garbage collection does the rest
		r.memory.forget(req.NamespacedName)
		return reconcile.Result{}, nil
	}
	p.verdict = issuance.Decide(p.facts)
	r.write(ctx, p)
	r.report(ctx, p)
	return r.wake(ctx, p), nil
}
