//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// shard is a manager of a share of the namespaces, by way of a proxy of its own.
type shard struct {
	*manager
	name       string // of its lease
	proxy      *proxy
	namespaces []*namespace
	home       *namespace // where its lease is
	// strayed counts what it wrote, or tried to, in the namespaces of others.
	strayed atomic.Int64
}

// startShard starts a manager of its own namespaces, beside others.
func startShard(t *testing.T, at *lazyCluster, name string, home *namespace, own, others []*namespace) *shard {
	t.Helper()
	s := &shard{name: name, proxy: newProxy(t, at.cluster), namespaces: own, home: home}
	s.proxy.inject(writesIn(others), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		s.strayed.Add(1)
		next.ServeHTTP(w, r)
	})
	s.manager = runManager(t, s.settings(t, own))
	return s
}

func (s *shard) settings(t *testing.T, namespaces []*namespace) settings {
	t.Helper()
	return settings{kubeconfig: s.proxy.kubeconfig(t), namespaces: namespaces, elect: s.home.name, lease: s.name}
}

// writesIn matches whatever would change something in one of the namespaces.
func writesIn(namespaces []*namespace) matcher {
	return func(r *http.Request) bool {
		for _, n := range namespaces {
			if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/namespaces/"+n.name+"/") {
				return true
			}
		}
		return false
	}
}

// awaitLeads waits until the shard's manager leads by its own lease.
func (s *shard) awaitLeads(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, s.name+" leads", func(ctx context.Context) (bool, string) {
		leads, ok := s.metric(ctx, "leader_election_master_status", fmt.Sprintf("name=%q", s.name))
		return ok && leads == 1, fmt.Sprint(leads, ok)
	})
}

// holderOf is who holds a lease in the namespace; empty while nobody does.
func (n *namespace) holderOf(t *testing.T, lease string) string {
	t.Helper()
	held := &coordinationv1.Lease{}
	err := n.api.Get(t.Context(), client.ObjectKey{Namespace: n.name, Name: lease}, held)
	if err != nil || held.Spec.HolderIdentity == nil {
		return ""
	}
	return *held.Spec.HolderIdentity
}

// expectUsers: the sum over the managers is how many use the account, whoever counts them.
func expectUsers(t *testing.T, account string, users int, managers ...*manager) {
	t.Helper()
	eventually(t, soon, "the users of the account are counted", func(ctx context.Context) (bool, string) {
		sum := 0.0
		for _, m := range managers {
			counted, _ := m.metric(ctx, "capability_operator_clusteraccount_users", fmt.Sprintf("clusteraccount=%q", account))
			sum += counted
		}
		return sum == float64(users), fmt.Sprint(sum)
	})
}

func TestShardsKeepToTheirNamespacesAndOneOfThemWritesOfTheAccountThatBothUse(t *testing.T) {
	t.Parallel()
	rough.exclusively(t) // elsewhere the managers of other tests write of any account
	at := rough.get(t)
	const each = 5
	l := lend(t, at.api, 4)
	all := l.tenants
	o := observe(t, at.api, all...)
	shards := []*shard{
		startShard(t, at, "one", l.platform, all[:2], all[2:]),
		startShard(t, at, "two", l.platform, all[2:], all[:2]),
	}
	for _, n := range all {
		for i := range each {
			n.declare(t, fmt.Sprintf("client-%d", i), "60s")
		}
	}
	for _, s := range shards {
		s.awaitLeads(t)
	}
	for _, n := range all {
		n.awaitReady(t, soon, each)
	}
	if one, two := l.platform.holderOf(t, "one"), l.platform.holderOf(t, "two"); one == "" || two == "" || one == two {
		t.Errorf("the leases are held by %q and %q", one, two)
	}
	l.awaitAccount(t, l.platform.sid)
	expectUsers(t, l.platform.name, len(all)*each, shards[0].manager, shards[1].manager)

	// A rotation has both sign anew, and one of them say so.
	l.rotate(t)
	for _, n := range all {
		o.awaitAllSigned(t, soon, n, each)
		n.awaitReady(t, soon, each)
	}
	writer, other := shards[0], shards[1]
	if l.platform.holderOf(t, "capability-operator-accounts") == l.platform.holderOf(t, "two") || other.proxy.count(patchAccount) > 0 {
		writer, other = other, writer
	}
	eventually(t, soon, "the rotation is told in the status", func(ctx context.Context) (bool, string) {
		lent := &v1alpha1.ClusterAccount{}
		err := at.api.Get(ctx, client.ObjectKey{Name: l.platform.name}, lent)
		return err == nil && lent.Status.PreviousKey != nil, fmt.Sprint(lent.Status.PreviousKey, err)
	})
	if wrote, others := writer.proxy.effective(patchAccount), other.proxy.count(patchAccount); wrote < 2 || others > 0 {
		t.Errorf("one shard wrote %d times of the account, the other tried %d times", wrote, others)
	}

	// Who holds that lease is killed: the other writes of the account, and leaves the tokens to whom they are given.
	writer.kill()
	renamed := "AC" + hex32(t)
	secret := &corev1.Secret{}
	secret.Namespace, secret.Name = l.platform.name, account
	for _, n := range all {
		n.sid = renamed
	}
	change(t, at.api, secret, func() { secret.Data[v1alpha1.DefaultAccountSIDKey] = []byte(renamed) })
	l.awaitAccount(t, renamed)
	for _, n := range other.namespaces {
		n.awaitReady(t, soon, each)
	}
	writer.start(t.Context())
	writer.awaitLeads(t)
	for _, n := range all {
		n.awaitReady(t, soon, each)
	}
	expectUsers(t, l.platform.name, len(all)*each, shards[0].manager, shards[1].manager)

	for _, s := range shards {
		if strayed := s.strayed.Load(); strayed > 0 {
			t.Errorf("%s wrote %d times in namespaces of the other", s.name, strayed)
		}
		if s.proxy.effective(createSecret) != each*len(s.namespaces) {
			t.Errorf("%s made %d Secrets", s.name, s.proxy.effective(createSecret))
		}
	}
	o.expectKept(t)
	expectNoOrphans(t, all...)
	t.Logf("%s wrote %d times of the account before it was killed, %s %d times after", writer.name, writer.proxy.effective(patchAccount),
		other.name, other.proxy.effective(patchAccount))
}

// As docs/operations.md says: first the namespace is named in the shard that takes it over, then it is taken out of the
// other. In between both work in it.
func TestANamespaceThatMovesToAnotherShardKeepsItsTokens(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	home, moves, stays := newNamespace(t, at.api), newNamespace(t, at.api), newNamespace(t, at.api)
	o := observe(t, at.api, moves, stays)
	const short, long = 5, 5
	for i := range short {
		moves.declare(t, fmt.Sprintf("short-%d", i), "30s")
		stays.declare(t, fmt.Sprintf("short-%d", i), "30s")
	}
	for i := range long {
		moves.declare(t, fmt.Sprintf("long-%d", i), "1h")
	}
	from := startShard(t, at, "one", home, []*namespace{moves}, nil)
	to := startShard(t, at, "two", home, []*namespace{stays}, nil)
	from.awaitLeads(t)
	to.awaitLeads(t)
	moves.awaitReady(t, soon, short+long)

	to.stop()
	both := runManager(t, to.settings(t, []*namespace{stays, moves}))
	both.awaitMetric(t, followsWithin, "leader_election_master_status", func(v float64) bool { return v >= 1 })
	passes(t, 20*time.Second) // over a renewal, for which both are ready
	from.stop()
	left := time.Now()
	passes(t, 16*time.Second)
	moves.awaitReady(t, soon, short+long)
	stays.awaitReady(t, soon, short)

	o.expectKept(t)
	o.expectTermsKept(t, 13*time.Second)
	for i := range long {
		if held := len(o.tokens(moves.at(fmt.Sprintf("long-%d", i)))); held != 1 {
			t.Errorf("a token was replaced though it was in date: %d tokens", held)
		}
	}
	for i := range short {
		tokens := o.tokens(moves.at(fmt.Sprintf("short-%d", i)))
		if last := tokens[len(tokens)-1]; last.at.Before(left) {
			t.Error("the shard that took the namespace over has not renewed in it")
		}
	}
}
