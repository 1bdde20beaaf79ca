//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// lending is an account that a platform team keeps in its own namespace and lends to tenants.
type lending struct {
	platform *namespace
	tenants  []*namespace
}

const tenantLabel = "faults-tenant-of"

// lend makes a platform's namespace with the account's Secret, a ClusterAccount, and tenants that are selected by label.
func lend(t *testing.T, api client.WithWatch, tenants int) *lending {
	t.Helper()
	l := &lending{platform: newNamespace(t, api)}
	lent := &v1alpha1.ClusterAccount{
		ObjectMeta: metav1.ObjectMeta{Name: l.platform.name},
		Spec: v1alpha1.ClusterAccountSpec{
			SecretRef: v1alpha1.ClusterSecretReference{Namespace: l.platform.name, Name: account},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{
				MatchLabels: map[string]v1alpha1.LabelValue{tenantLabel: v1alpha1.LabelValue(l.platform.name)},
			}},
			Limits: &v1alpha1.Limits{MaxTTL: "1h"},
		},
	}
	create(t, api, lent)
	t.Cleanup(func() { _ = api.Delete(context.WithoutCancel(t.Context()), lent) })
	for range tenants {
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			GenerateName: "faults-", Labels: map[string]string{tenantLabel: l.platform.name},
		}}
		create(t, api, object)
		t.Cleanup(func() { _ = api.Delete(context.WithoutCancel(t.Context()), object) })
		l.tenants = append(l.tenants, &namespace{
			name: object.Name, api: api, sid: l.platform.sid, keys: []string{l.platform.key()},
			account: v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: lent.Name},
		})
	}
	return l
}

// rotate gives the account a new AuthToken.
func (l *lending) rotate(t *testing.T) (fresh string) {
	t.Helper()
	fresh = hex32(t)
	for _, n := range append([]*namespace{l.platform}, l.tenants...) {
		n.learn(fresh)
	}
	l.platform.putKey(t, fresh)
	return fresh
}

// signed is when each Secret, of those whose name begins so, was first seen to hold a token that the AuthToken signed.
func (o *observer) signed(key, prefix string) []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	var times []time.Time
	for name, h := range o.secrets {
		if !strings.HasPrefix(name.Name, prefix) {
			continue
		}
		for _, s := range h.tokens {
			if _, err := capability.Verify(s.raw, key, s.token.IssuedAt); err == nil {
				times = append(times, s.at)
				break
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// The rotation of a thousand tokens neither lets the most urgent wait, nor those that are new meanwhile.
func TestRotatingAnAccountWithAThousandDependentsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	const tenants, crowd, urgent, fresh = 10, 980, 20, 5
	l := lend(t, at.api, tenants)
	o := observe(t, at.api, l.tenants...)
	p := newProxy(t, at.cluster)
	runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: l.tenants})
	first, last := l.tenants[0], l.tenants[tenants-1]
	many(crowd, func(i int) { l.tenants[i%tenants].declare(t, fmt.Sprintf("client-%d", i), "1h") })
	many(urgent, func(i int) { // 33 s later each has less than half a minute left, and is not due yet
		c := last.capability(fmt.Sprintf("urgent-%d", i), "60s")
		c.Spec.RenewBefore = "5s"
		create(t, at.api, c)
	})
	created := time.Now()
	last.awaitReady(t, time.Minute, crowd/tenants+urgent)
	first.awaitReady(t, time.Minute, crowd/tenants)
	passes(t, time.Until(created.Add(33*time.Second)))

	written := []string{patchSecret, createSecret, patchStatus, createEvent, patchEvent, anyRead}
	before := p.effectiveOf(written)
	rotated := time.Now()
	key := l.rotate(t)
	waited, meanwhile := time.Duration(0), 0
	for i := range fresh {
		began, name, before := time.Now(), fmt.Sprintf("new-%d", i), len(o.signed(key, "client-"))
		first.declare(t, name, "1h")
		waited = max(waited, o.awaitTokens(t, soon, first.at(name), 1)[0].at.Sub(began))
		meanwhile = max(meanwhile, len(o.signed(key, "client-"))-before)
	}
	eventually(t, time.Minute, "all are signed anew", func(context.Context) (bool, string) {
		signed := len(o.signed(key, ""))
		return signed == crowd+urgent+fresh, fmt.Sprint(signed)
	})
	times, urgentTimes := o.signed(key, "client-"), o.signed(key, "urgent-")
	ahead := len(slices.DeleteFunc(slices.Clone(times), urgentTimes[urgent-1].Before))
	last.awaitReady(t, soon, crowd/tenants+urgent)
	first.awaitReady(t, soon, crowd/tenants+fresh)
	t.Logf("rotated %d dependents: all after %s; of the others %d went before the last of the %d most urgent, which came after %s; a new object waited %s at the most, and for %d of them",
		crowd+urgent, times[crowd-1].Sub(rotated).Round(time.Millisecond), ahead, urgent, urgentTimes[urgent-1].Sub(rotated).Round(time.Millisecond), waited.Round(time.Millisecond), meanwhile)
	for i, now := range p.effectiveOf(written) {
		t.Logf("%-16s %d, for each %.2f", written[i], now-before[i], float64(now-before[i])/(crowd+urgent+fresh))
	}
	if ahead > 100 {
		t.Errorf("%d others were signed anew before the last of the most urgent", ahead)
	}
	if meanwhile > 250 {
		t.Errorf("a new object waited for %d others, which took %s", meanwhile, waited)
	}
	o.expectKept(t)
	expectNoOrphans(t, l.tenants...)
}

// effectiveOf counts each kind by itself.
func (p *proxy) effectiveOf(kinds []string) []int {
	counts := make([]int, len(kinds))
	for i, kind := range kinds {
		counts[i] = p.effective(kind)
	}
	return counts
}
