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

// scraped is what is read from the caches whenever somebody asks: a number that
// follows the cache needs no upkeep, and none outlives its object. Only the leader
// of a share of the namespaces tells of those in it, so that the sum over all
// managers is right however the namespaces are shared out.
var scraped = &scrapes{}

func init() { metrics.Registry.MustRegister(scraped) }

// scrapeTimeout ends a read from a cache that is not there yet.
const scrapeTimeout = time.Second

var (
	leaderDesc = prometheus.NewDesc("capability_operator_leader",
		"1 where this manager leads, 0 where it stands by.", nil, nil)

	capabilitiesDesc = prometheus.NewDesc("capability_operator_clientcapabilities",
		"ClientCapabilities, by their condition Ready and its reason.", []string{"ready", "reason"}, nil)
	renewalFailingDesc = prometheus.NewDesc("capability_operator_clientcapabilities_renewal_failing",
		"ClientCapabilities whose renewals fail though their token lives, by the reason.", []string{"reason"}, nil)
	expiryDesc = prometheus.NewDesc("capability_operator_token_expiry_timestamp_seconds",
		"When the token in the Secret of a ClientCapability expires.", []string{"namespace", "name"}, nil)
	renewalDesc = prometheus.NewDesc("capability_operator_token_renewal_timestamp_seconds",
		"When the token in the Secret of a ClientCapability is due for renewal; none while that is suspended.", []string{"namespace", "name"}, nil)

	accountUsersDesc = prometheus.NewDesc("capability_operator_clusteraccount_users",
		"ClientCapabilities that name a ClusterAccount, in the namespaces that this manager works in.", []string{"clusteraccount"}, nil)
	accountReadyDesc = prometheus.NewDesc("capability_operator_clusteraccount_ready",
		"1 where a ClusterAccount can sign, 0 where it can't.", []string{"clusteraccount", "reason"}, nil)
	accountAcceptedDesc = prometheus.NewDesc("capability_operator_clusteraccount_credentials_accepted",
		"1 where Twilio accepts the credentials of a ClusterAccount, 0 where it does not or gave no answer; none where it is not asked.",
		[]string{"clusteraccount", "reason"}, nil)
)

// territory is what a leader tells of.
type territory struct {
	// elected is closed once this process leads.
	elected <-chan struct{}
	// capabilities and accounts are read; accounts is nil where none are served.
	capabilities, accounts client.Reader
	// perObject is true where each ClientCapability has series of its own.
	perObject bool
}

// lentAccounts are what the one holder of the lease over accounts tells of.
type lentAccounts struct {
	lease    *Lease
	accounts client.Reader
}

type scrapes struct {
	mu        sync.Mutex
	territory territory
	lent      lentAccounts
}

// of has these told of from now on.
func (s *scrapes) of(told territory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.territory = told
}

func (s *scrapes) ofAccounts(lent lentAccounts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lent = lent
}

// Describe is part of prometheus.Collector.
func (s *scrapes) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		leaderDesc, capabilitiesDesc, renewalFailingDesc, expiryDesc, renewalDesc, accountUsersDesc, accountReadyDesc, accountAcceptedDesc,
	} {
		descs <- desc
	}
}

// Collect is part of prometheus.Collector. What can't be read is left out.
func (s *scrapes) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	told, lent := s.territory, s.lent
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	if lent.lease != nil && lent.lease.Held() {
		lent.collect(ctx, out)
	}
	select {
	case <-told.elected:
		gauge(out, leaderDesc, 1)
		told.collect(ctx, out)
	default: // never of nil
		gauge(out, leaderDesc, 0)
	}
}

func gauge(out chan<- prometheus.Metric, desc *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

func (t territory) collect(ctx context.Context, out chan<- prometheus.Metric) {
	all := &v1alpha1.ClientCapabilityList{}
	if err := t.capabilities.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	counted := census{ready: map[readiness]int{}, failing: map[string]int{}, users: map[string]int{}}
	for i := range all.Items {
		c := &all.Items[i]
		counted.add(c)
		if t.perObject {
			timesOf(out, c)
		}
	}
	counted.tell(out)
	if t.accounts != nil {
		t.tellUsers(ctx, out, counted.users)
	}
}

// timesOf tells when a token expires and is renewed, where there is one.
func timesOf(out chan<- prometheus.Metric, c *v1alpha1.ClientCapability) {
	token := c.Status.Token
	if token == nil || c.IsOnDemand() {
		return
	}
	gauge(out, expiryDesc, float64(token.ExpiresAt.Unix()), c.Namespace, c.Name)
	if token.RenewsAt != nil && !c.Spec.Suspend {
		gauge(out, renewalDesc, float64(token.RenewsAt.Unix()), c.Namespace, c.Name)
	}
}

// tellUsers leaves out those who name what is not there: an account that nobody
// made must not have a series for each mistake in a name.
func (t territory) tellUsers(ctx context.Context, out chan<- prometheus.Metric, users map[string]int) {
	lent := &v1alpha1.ClusterAccountList{}
	if err := t.accounts.List(ctx, lent, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	for i := range lent.Items {
		name := lent.Items[i].Name
		gauge(out, accountUsersDesc, float64(users[name]), name)
	}
}
