package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/capability-operator/capability-operator/hack/installed"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// stage is a control plane with the operator installed.
type stage struct {
	options
	*installed.Operator
	findings *findings
	cluster  *controlplane.Cluster
	dir      string
	// serving is held by whoever needs the API server, and taken away by whoever stops it.
	serving sync.RWMutex
}

func newStage(ctx context.Context, o options) (*stage, error) {
	if err := os.MkdirAll(o.out, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of what is kept: %w", err)
	}
	// The garbage collector is what removes the Secret of a deleted object. It has to know of our kinds from the start: it
	// looks for new ones every half minute, and its watches of them would seem to be growth.
	cluster, err := controlplane.Start(ctx, controlplane.Options{
		ControllerManager: true,
		CRDPaths:          []string{filepath.Join(o.repository, "config", "crd", "bases")},
	})
	if err != nil {
		return nil, err
	}
	s := &stage{options: o, cluster: cluster, findings: &findings{begun: o.begun, say: o.say}}
	if err := s.furnish(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) close() error { return errors.Join(s.cluster.Stop(), os.RemoveAll(s.dir)) }

func (s *stage) furnish(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "capability-operator-soak-"); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	s.Operator, err = installed.Install(ctx, s.cluster, s.repository, s.dir, s.period+time.Hour)
	return err
}

// pause lets time pass; it fails where ctx ends first.
func pause(ctx context.Context, period time.Duration) error {
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
