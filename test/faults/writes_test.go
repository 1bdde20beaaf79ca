//go:build faults

package faults_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestNoTokenExpiresWhileFourOfFiveWritesFail(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	o := observe(t, at.api, n)
	runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})

	const objects = 4
	for i := range objects {
		n.declare(t, fmt.Sprintf("client-%d", i), "16s")
	}
	n.awaitReady(t, soon, objects)

	p.inject(writes(), inTurn(
		refuse(http.StatusInternalServerError, metav1.StatusReasonInternalError),
		refuse(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable),
		refuse(http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests),
		resets(),
		nil,
	))
	for i := range objects {
		o.awaitTokens(t, time.Minute, n.at(fmt.Sprintf("client-%d", i)), 3)
	}

	o.expectKept(t)
	o.expectTermsKept(t, 7*time.Second)
}

func TestOneCauseMintsOnceThoughTheAnswersToWritesAreLost(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	p := newProxy(t, at.cluster)
	p.inject(tokenWrites(), losesAnswer())
	p.inject(kinds(patchStatus), rounds(1, 5, losesAnswer()))
	oneTokenForEachCause(t, at, p)
}

func TestOneCauseMintsOnceThoughWritesConflict(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	p := newProxy(t, at.cluster)
	p.inject(kinds(patchSecret, patchStatus), rounds(2, 1, conflicts()))
	oneTokenForEachCause(t, at, p)
}
