package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// counts are what the servers have counted of themselves so far.
type counts struct {
	// processor time of the servers.
	tokenServer, apiServer time.Duration
	// served are the API server's answered requests, by verb and resource.
	served map[string]float64
	// granted are the tokens that the token server counts, and memory what it takes, in bytes.
	granted, memory float64
}

func (s *stage) counts(ctx context.Context) (counts, error) {
	c := counts{served: map[string]float64{}}
	page, err := s.typed.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return c, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	err = read(page, func(name string, labels model.Metric, value float64) {
		switch name {
		case "apiserver_request_total":
			c.served[strings.TrimSpace(string(labels["verb"]+" "+labels["resource"]))] += value
		case processorMetric:
			c.apiServer = seconds(value)
		}
	})
	if err != nil {
		return c, err
	}
	if page, err = s.ownMetrics(ctx); err != nil {
		return c, fmt.Errorf("reading the token server's metrics: %w", err)
	}
	err = read(page, func(name string, labels model.Metric, value float64) {
		switch {
		case name == "capability_operator_token_requests_total" && labels["code"] == "201":
			c.granted += value
		case name == processorMetric:
			c.tokenServer = seconds(value)
		case name == "process_resident_memory_bytes":
			c.memory = value
		}
	})
	if err != nil {
		return c, err
	}
	return c, s.server.log.read()
}

// ownMetrics are the token server's, which are for those who may read them.
func (s *stage) ownMetrics(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+s.server.address+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.straight)
	return exchange(s.probe, request, http.StatusOK, nil)
}

const processorMetric = "process_cpu_seconds_total"

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

// read goes through a page of metrics.
func read(page []byte, each func(name string, labels model.Metric, value float64)) error {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(page))
	if err != nil {
		return fmt.Errorf("reading metrics: %w", err)
	}
	for name, family := range families {
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{}, family)
		if err != nil {
			return fmt.Errorf("reading metrics: %w", err)
		}
		for _, sample := range samples {
			each(name, sample.Metric, float64(sample.Value))
		}
	}
	return nil
}

// ownTime is the processor time of this program.
func ownTime() (time.Duration, error) {
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		return 0, fmt.Errorf("reading this program's processor time: %w", err)
	}
	for _, family := range families {
		if family.GetName() == processorMetric && len(family.GetMetric()) == 1 {
			return seconds(family.GetMetric()[0].GetCounter().GetValue()), nil
		}
	}
	return 0, nil // it is not told on every system
}

// since leaves out what had been counted before.
func since(now, before map[string]float64) map[string]float64 {
	since := map[string]float64{}
	for what, count := range now {
		if count > before[what] {
			since[what] = count - before[what]
		}
	}
	return since
}

// listed writes counts as a sentence does.
func listed(counts map[string]float64) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%.0f %s", counts[what], what))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func total(counts map[string]float64) float64 {
	var sum float64
	for _, count := range counts {
		sum += count
	}
	return sum
}
