package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/capability-operator/capability-operator/hack/installed"
)

const pollEvery = 50 * time.Millisecond

// manager is the operator as a process of its own, with the flags and the environment of its Deployment.
type manager struct {
	*process
	metrics, probes string
	started         time.Time
}

// startManager returns at once; ready waits for it.
func (s *stage) startManager(ctx context.Context, flags ...string) (*manager, error) {
	args, environment, err := deployed(filepath.Join(s.repository, "config", "manager", "deployment.yaml"))
	if err != nil {
		return nil, err
	}
	m := &manager{}
	for _, address := range []*string{&m.metrics, &m.probes} {
		if *address, err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	if s.profiles != "" {
		environment = append(environment, profileVariable+"="+profileAddress)
	}
	m.started = time.Now()
	args = append(args, // of a flag that is given twice the last counts
		"--kubeconfig="+s.Kubeconfig, fmt.Sprintf("--max-concurrent-reconciles=%d", s.workers), "--leader-election-namespace="+installed.Namespace,
		"--metrics-bind-address="+m.metrics, "--metrics-secure=false", "--health-probe-bind-address="+m.probes)
	m.process, err = startProcess(ctx, environment, streams{}, s.manager, append(args, flags...)...)
	return m, err
}

// runManager starts a manager and returns when it is ready.
func (s *stage) runManager(ctx context.Context) (*manager, error) {
	m, err := s.startManager(ctx)
	if err != nil {
		return nil, err
	}
	_, err = m.ready(ctx)
	return m, err
}

// ready waits until the manager says that it is, and returns how long that took from its start.
func (m *manager) ready(ctx context.Context) (time.Duration, error) {
	var last error
	says := func(ctx context.Context) (bool, error) {
		_, last = get(ctx, "http://"+m.probes+"/readyz")
		return last == nil, m.alive()
	}
	if err := wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, 2*time.Minute, true, says); err != nil {
		return 0, fmt.Errorf("waiting for the manager to be ready: %w (%w)", err, last)
	}
	return time.Since(m.started), nil
}

// counts are those of the manager's own metrics.
func (m *manager) counts(ctx context.Context) (counts, error) { return managerCounts(ctx, m.metrics) }

// await waits until the manager's counts are as wanted.
func (m *manager) await(ctx context.Context, within time.Duration, what string, wanted func(counts) bool) error {
	var last counts
	seen := func(ctx context.Context) (done bool, err error) {
		if err := m.alive(); err != nil {
			return false, err
		}
		last, err = m.counts(ctx)
		return err == nil && wanted(last), err
	}
	if err := wait.PollUntilContextTimeout(ctx, 4*pollEvery, within, true, seen); err != nil {
		return fmt.Errorf("waiting for %s, with %s: %w", what, last, err)
	}
	return nil
}

// freeAddress is one that nobody listens on, for a program that can't tell which one it took.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
