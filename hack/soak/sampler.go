package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/capability-operator/capability-operator/hack/metrics"
)

// sampleEvery is how often the managers are asked how they are.
const sampleEvery = 5 * time.Second

// sample is how a process was at a moment.
type sample struct {
	at         time.Time
	manager    string
	process    int
	leads      bool
	resident   float64 // bytes
	live       float64 // bytes of the heap that the last collection found in use
	goroutines float64
}

// The metrics that a sample is made of.
const (
	metricResident   = "process_resident_memory_bytes"
	metricLive       = "go_gc_heap_live_bytes"
	metricGoroutines = "go_goroutines"
	metricLeader     = "leader_election_master_status"
)

// leaseName is the lease of the managers' leader.
const leaseName = "capability-operator"

// look asks a manager how it is; ok is false where it does not answer.
func (m *manager) look(ctx context.Context) (s sample, ok bool) {
	s = sample{at: time.Now(), manager: m.name, process: m.present()}
	content, err := page(ctx, "http://"+m.metrics+"/metrics")
	if err != nil || s.process == 0 || s.process != m.present() {
		return s, false
	}
	lines, err := metrics.Samples(content, metricResident, metricLive, metricGoroutines, metricLeader)
	for _, line := range lines {
		switch line.Name {
		case metricResident:
			s.resident = line.Value
		case metricLive:
			s.live = line.Value
		case metricGoroutines:
			s.goroutines = line.Value
		case metricLeader:
			if line.Labels["name"] == leaseName {
				s.leads = line.Value == 1
			}
		}
	}
	return s, err == nil && s.resident > 0
}

// sampler keeps all samples.
type sampler struct {
	managers []*manager
	file     *os.File

	mu  sync.Mutex
	all []sample
}

func newSampler(s *stage, managers []*manager) (*sampler, error) {
	file, err := os.OpenFile(filepath.Join(s.out, "samples.csv"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the file of samples: %w", err)
	}
	fmt.Fprintln(file, "time,manager,process,leads,resident_bytes,live_heap_bytes,goroutines")
	return &sampler{managers: managers, file: file}, nil
}

// run samples until ctx ends.
func (s *sampler) run(ctx context.Context) {
	defer func() { _ = s.file.Close() }() // what is in there was written sample by sample
	for pause(ctx, sampleEvery) == nil {
		for _, m := range s.managers {
			if taken, ok := m.look(ctx); ok {
				s.take(taken)
			}
		}
	}
}

func (s *sampler) take(taken sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, taken)
	fmt.Fprintf(s.file, "%s,%s,%d,%t,%.0f,%.0f,%.0f\n", taken.at.UTC().Format(time.RFC3339), taken.manager, taken.process,
		taken.leads, taken.resident, taken.live, taken.goroutines)
}

func (s *sampler) taken() []sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sample(nil), s.all...)
}
