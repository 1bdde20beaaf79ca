//go:build faults

package faults_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// metric is the sum of a metric's series whose text has all of the parts; ok is false where the manager serves none.
func (m *manager) metric(ctx context.Context, name string, parts ...string) (sum float64, ok bool) {
	page, err := m.page(ctx)
	if err != nil {
		return 0, false
	}
	lines := bufio.NewScanner(strings.NewReader(page))
series:
	for lines.Scan() {
		series, value, found := strings.Cut(lines.Text(), " ")
		if base, _, _ := strings.Cut(series, "{"); !found || base != name {
			continue
		}
		for _, part := range parts {
			if !strings.Contains(series, part) {
				continue series
			}
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			sum, ok = sum+v, true
		}
	}
	return sum, ok
}

// page is all that the manager serves of metrics.
func (m *manager) page(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.metrics+"/metrics", http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	return string(page), err
}

// awaitMetric waits until the metric is as wanted.
func (m *manager) awaitMetric(t *testing.T, within time.Duration, name string, wanted func(float64) bool) {
	t.Helper()
	var last float64
	seen := func(ctx context.Context) (bool, error) {
		value, ok := m.metric(ctx, name)
		if ok {
			last = value
		}
		return ok && wanted(value), nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, within, true, seen); err != nil {
		t.Errorf("%s was %v after %s", name, last, within)
	}
}
