//go:build faults

package faults_test

import (
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const expiredMetric = "capability_operator_tokens_expired_total"

func TestAnExpiredTokenIsCountedOnceAndSaidWithItsCause(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	n.declare(t, "unwritable", "10s")
	n.declare(t, "suspended", "10s")
	n.awaitReady(t, soon, 2)
	suspended := n.capability("suspended", "")
	change(t, at.api, suspended, func() { suspended.Spec.Suspend = true })

	mend := p.inject(tokenWrites(), refuse(http.StatusInternalServerError, metav1.StatusReasonInternalError))
	n.awaitCondition(t, "unwritable", v1alpha1.RenewalFailingCondition, v1alpha1.ReasonWriteFailed)
	n.awaitCondition(t, "unwritable", v1alpha1.ReadyCondition, v1alpha1.ReasonTokenExpired)
	n.awaitCondition(t, "unwritable", v1alpha1.ReconcilingCondition, v1alpha1.ReasonWriteFailed)
	n.awaitCondition(t, "suspended", v1alpha1.ReadyCondition, v1alpha1.ReasonTokenExpired)
	n.awaitCondition(t, "suspended", v1alpha1.StalledCondition, v1alpha1.ReasonSuspended)
	passes(t, settles) // in which the failing goes on
	m.awaitMetric(t, soon, expiredMetric, func(v float64) bool { return v == 1 })

	mend()
	n.awaitCondition(t, "suspended", v1alpha1.StalledCondition, v1alpha1.ReasonSuspended)
	change(t, at.api, suspended, func() { suspended.Spec.Suspend = false })
	n.awaitReady(t, soon, 2)
	m.awaitMetric(t, soon, expiredMetric, func(v float64) bool { return v == 1 })
}

func TestAnExpiredTokenIsCountedOnceThoughNoStatusCanBeWritten(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	o := observe(t, at.api, n)
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	const objects = 3
	for _, name := range []string{"tommy", "jane", "joe"} {
		n.declare(t, name, "8s")
	}
	n.awaitReady(t, soon, objects)

	mend := p.inject(writes(), refuse(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable))
	m.awaitMetric(t, soon, expiredMetric, func(v float64) bool { return v >= objects })
	passes(t, 6*time.Second) // some more tries
	m.awaitMetric(t, 3*time.Second, expiredMetric, func(v float64) bool { return v == objects })
	mend()
	n.awaitReady(t, soon, objects)
	m.awaitMetric(t, 3*time.Second, expiredMetric, func(v float64) bool { return v == objects })
	back := time.Now()
	passes(t, 9*time.Second)
	o.expectNoneExpiredAfter(t, back)
	o.expectAllVerify(t)
}
