package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/capability-operator/capability-operator/hack/metrics"
)

// metricWatches is the API server's gauge of requests that go on; watches are nearly all of them.
const metricWatches = "apiserver_longrunning_requests"

// watchesReopen bounds the time after an API server's return in which every client opens its watches again: they back off
// by up to a minute.
const watchesReopen = 100 * time.Second

// watches are how many of each resource are open.
type watches map[string]int

// openWatches counts them. The page is large, so it is not read often.
func (s *stage) openWatches(ctx context.Context) (watches, error) {
	content, err := s.Metrics.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	return readWatches(string(content))
}

func readWatches(page string) (watches, error) {
	lines, err := metrics.Samples(page, metricWatches)
	open := watches{}
	for _, line := range lines {
		if line.Labels["verb"] == "WATCH" && line.Value > 0 {
			open[line.Labels["resource"]] += int(line.Value)
		}
	}
	return open, err
}

// beyond are the resources of which more watches are open than were before, in order.
func (w watches) beyond(before watches) []string {
	var more []string
	for _, resource := range slices.Sorted(maps.Keys(w)) {
		if w[resource] > before[resource] {
			more = append(more, resource)
		}
	}
	return more
}

func (w watches) total() int {
	total := 0
	for _, n := range w {
		total += n
	}
	return total
}

// settledWatches waits until no more watches are open than before, for a process that has just ended may have left some,
// and until none is missing that is only about to be opened again. It returns what there is then, or in the end.
func (s *stage) settledWatches(ctx context.Context, before watches) (watches, error) {
	begun := time.Now()
	for {
		open, err := s.openWatches(ctx)
		if err != nil {
			return nil, err
		}
		if len(open.beyond(before)) == 0 && open.total() == before.total() || time.Since(begun) > watchesReopen {
			return open, nil
		}
		if err := pause(ctx, 2*time.Second); err != nil {
			return nil, err
		}
	}
}
