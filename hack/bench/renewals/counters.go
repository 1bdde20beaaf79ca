package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/hack/metrics"
)

// counts are numbers that only grow, by what they count.
type counts map[string]float64

// since leaves out what had been counted before.
func (c counts) since(before counts) counts {
	since := counts{}
	for what, count := range c {
		if count > before[what] {
			since[what] = count - before[what]
		}
	}
	return since
}

// sum adds up what begins with one of the prefixes.
func (c counts) sum(prefixes ...string) float64 {
	var sum float64
	for what, count := range c {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(what, prefix) }) {
			sum += count
		}
	}
	return sum
}

// writes are requests that change a Secret or an object. Events are none of them: managers tell who leads.
func (c counts) writes() float64 {
	var sum float64
	for request, count := range c {
		verb, resource, _ := strings.Cut(request, " ")
		if slices.Contains([]string{"POST", "PUT", "PATCH", "APPLY", "DELETE"}, verb) && !strings.HasPrefix(resource, "events") {
			sum += count
		}
	}
	return sum
}

func (c counts) String() string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%s %.0f", what, c[what]))
	}
	return strings.Join(parts, ", ")
}

// What the API server counts of the operator's resources.
const (
	watchEvents  = "watch events "
	secretWrites = "PATCH secrets"
)

// requestsServed are the API server's counts of answered requests about what the operator reads and writes, as "PATCH
// secrets" or, where they failed, "PATCH secrets 409"; and of the events that it has sent to watchers, as "watch events
// secrets". Watches themselves are left out: they are counted when they end.
func requestsServed(ctx context.Context, api rest.Interface) (counts, error) {
	page, err := api.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	lines, err := metrics.Samples(string(page), "apiserver_request_total", "apiserver_watch_events_total")
	if err != nil {
		return nil, err
	}
	served := counts{}
	for _, line := range lines {
		switch resource := line.Labels["resource"]; resource {
		case "secrets", "clientcapabilities", "clusteraccounts", "events":
			if line.Name == "apiserver_watch_events_total" {
				served[watchEvents+resource] += line.Value
			} else if line.Labels["verb"] != "WATCH" {
				served[request(line.Labels)] += line.Value
			}
		}
	}
	return served, nil
}

func request(labels map[string]string) string {
	request := labels["verb"] + " " + strings.TrimSuffix(labels["resource"]+"/"+labels["subresource"], "/")
	if code := labels["code"]; !strings.HasPrefix(code, "2") {
		request += " " + code
	}
	return request
}

// What the manager counts.
const (
	passes  = "passes"
	renewed = "minted Renewal"
	minted  = "minted"
	expired = "expired"
)

// managerCounts are the manager's counts of what it did.
func managerCounts(ctx context.Context, address string) (counts, error) {
	page, err := get(ctx, "http://"+address+"/metrics")
	if err != nil {
		return nil, fmt.Errorf("reading the manager's metrics: %w", err)
	}
	lines, err := metrics.Samples(string(page), "controller_runtime_reconcile_total", "capability_operator_tokens_minted_total",
		"capability_operator_tokens_expired_total")
	if err != nil {
		return nil, err
	}
	done := counts{}
	for _, line := range lines {
		switch line.Name {
		case "controller_runtime_reconcile_total":
			if line.Labels["controller"] == "clientcapability" {
				done[passes] += line.Value
			}
		case "capability_operator_tokens_minted_total":
			done[minted+" "+line.Labels["cause"]] += line.Value
		default:
			done[expired] += line.Value
		}
	}
	return done, nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}
