//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// awaitAccount waits until the status of the ClusterAccount names the account.
func (l *lending) awaitAccount(t *testing.T, sid string) {
	t.Helper()
	eventually(t, followsWithin, "the ClusterAccount is said to be "+sid, func(ctx context.Context) (bool, string) {
		lent := &v1alpha1.ClusterAccount{}
		err := l.platform.api.Get(ctx, client.ObjectKey{Name: l.platform.name}, lent)
		return err == nil && lent.Status.AccountSID == sid, fmt.Sprintf("%s (%v)", lent.Status.AccountSID, err)
	})
}

func TestTheStatusOfAnAccountIsWrittenOnAfterItsWriterIsKilled(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	l := lend(t, at.api, 1)
	n := l.tenants[0]
	p := startPair(t, at, n)
	n.declare(t, "client", "60s")
	l.awaitAccount(t, l.platform.sid)
	n.awaitReady(t, soon, 1)
	expectUsers(t, l.platform.name, 1, p.leading, p.standby)
	if _, counts := p.standby.metric(t.Context(), "capability_operator_clusteraccount_users"); counts {
		t.Error("a standby counts users of accounts too, so that the sum over all is none")
	}

	p.leading.kill()
	p.follow(t)
	expectUsers(t, l.platform.name, 1, p.leading)
	other := "AC" + hex32(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: l.platform.name, Name: account}}
	change(t, at.api, secret, func() { secret.Data[v1alpha1.DefaultAccountSIDKey] = []byte(other) })
	l.awaitAccount(t, other)
	n.awaitReady(t, soon, 1)
}
