//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const pollInterval = 100 * time.Millisecond

// await polls until missing is nil, and says how long that took. Missing says what is not there yet.
func await(t *testing.T, limit time.Duration, what string, missing func(context.Context) error) time.Duration {
	t.Helper()
	return awaitEvery(t, pollInterval, limit, what, missing)
}

// awaitEvery is for what takes minutes, or is asked of a node.
func awaitEvery(t *testing.T, interval, limit time.Duration, what string, missing func(context.Context) error) time.Duration {
	t.Helper()
	begun := time.Now()
	last := errors.New("not looked at")
	err := wait.PollUntilContextTimeout(t.Context(), interval, limit, true, func(ctx context.Context) (bool, error) {
		last = missing(ctx)
		return last == nil, nil
	})
	took := time.Since(begun)
	if err != nil {
		t.Fatalf("after %s: %s: %v", took.Round(time.Second), what, last)
	}
	t.Logf("after %s: %s", took.Round(pollInterval), what)
	return took
}
