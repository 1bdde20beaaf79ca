package controllers

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// accountUsers counts, when it is asked, who uses each ClusterAccount: a number
// that follows the cache needs no upkeep, and none outlives its account. Only
// the leader of a share of the namespaces counts those in it, so that the sum
// over all managers is right however the namespaces are shared out.
var accountUsers = &usersCollector{
	desc: prometheus.NewDesc("capability_operator_account_users",
		"ClientCapabilities that name a ClusterAccount, in the namespaces that this manager works in.", []string{"account"}, nil),
}

func init() { metrics.Registry.MustRegister(accountUsers) }

// countTimeout ends a count whose cache is not there yet.
const countTimeout = time.Second

type usersCollector struct {
	desc *prometheus.Desc

	mu sync.Mutex
	// elected is closed once this process leads.
	elected <-chan struct{}
	// capabilities and accounts are what is counted; nil where nothing is.
	capabilities, accounts client.Reader
}

// from has what these readers find counted from the election on.
func (u *usersCollector) from(elected <-chan struct{}, capabilities, accounts client.Reader) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.elected, u.capabilities, u.accounts = elected, capabilities, accounts
}

// Describe is part of prometheus.Collector.
func (u *usersCollector) Describe(descs chan<- *prometheus.Desc) { descs <- u.desc }

// Collect is part of prometheus.Collector. What can't be counted is left out.
func (u *usersCollector) Collect(counts chan<- prometheus.Metric) {
	u.mu.Lock()
	elected, capabilities, accounts := u.elected, u.capabilities, u.accounts
	u.mu.Unlock()
	select {
	case <-elected:
	default: // never of nil
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
	defer cancel()
	lent := &v1alpha1.ClusterAccountList{}
	if err := accounts.List(ctx, lent, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	for i := range lent.Items {
		name := lent.Items[i].Name
		users := &v1alpha1.ClientCapabilityList{}
		uses := client.MatchingFields{accountIndex: onClusterAccount(name)}
		if err := capabilities.List(ctx, users, uses); err != nil {
			return
		}
		counts <- prometheus.MustNewConstMetric(u.desc, prometheus.GaugeValue, float64(len(users.Items)), name)
	}
}
