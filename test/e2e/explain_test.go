//go:build e2e

package e2e_test

import (
	"context"
	"testing"
	"time"
)

// explainFailure has a test that fails log what the cluster says, before all of it is removed. Neither the operator nor
// a consumer or caller logs a token, and no Secret is asked for.
func explainFailure(t *testing.T, namespace string) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		for _, args := range [][]string{
			{"get", "pods,clientcapabilities", "-o", "wide", "-n", namespace},
			{"get", "events", "--sort-by", ".lastTimestamp", "-n", namespace},
			{"logs", "--selector", "app in (consumer, caller)", "--tail", "5", "-n", namespace},
			{"get", "pods", "-o", "wide", "-n", operatorNamespace},
			{"logs", "--selector", "app.kubernetes.io/component=manager", "--prefix", "--tail", "15", "-n", operatorNamespace},
		} {
			printed, complaints, _ := kubectl(ctx, "", args...)
			t.Logf("kubectl %q:\n%s%s", args, printed, complaints)
		}
	})
}
