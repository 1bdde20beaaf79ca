package main

import (
	"bytes"
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// unrelatedBytes is how large each unrelated Secret is.
	unrelatedBytes = 100 << 10
	// ownDrift is by how much a manager's memory grows by itself in the meantime, in bytes.
	ownDrift = 4e6
	// bookmarks is the share of the Secrets that the events may have, because a watch that brings nothing has a bookmark
	// each minute.
	bookmarks = 0.05
)

// unrelated measures what Secrets cost that are none of the operator's business.
func unrelated(ctx context.Context, s *stage, t *table) error {
	own, err := s.ownEvents(ctx)
	if err != nil {
		return err
	}
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	if err := s.declare(ctx, 0, unrelatedSample, 0, always(lasting)); err != nil { // so that there is something to cache
		return err
	}
	before, memoryBefore, err := s.quiet(ctx, m)
	if err != nil {
		return err
	}
	if err := s.createUnrelated(ctx, unrelatedSample, s.unrelated); err != nil {
		return err
	}
	after, memoryAfter, err := s.quiet(ctx, m)
	if err != nil {
		return err
	}
	created := float64(s.unrelated - unrelatedSample)
	events := after.served.since(before.served)[watchEvents+"secrets"] - own*created
	grown := memoryAfter.resident - memoryBefore.resident
	t.add(row{
		what:   fmt.Sprintf("%.0f unrelated Secrets of %d KiB: events sent to the operator, reconciles", created, unrelatedBytes>>10),
		figure: fmt.Sprintf("%.0f, %.0f", events, after.passes-before.passes), aim: "a bookmark a minute, 0",
		judged: true, met: events <= bookmarks*created && after.passes == before.passes,
	}, row{
		what:   "the same: memory of the manager",
		figure: fmt.Sprintf("%+.1f MB", float64(grown)/1e6), ratio: fmt.Sprintf("%.3f of their size", float64(grown)/(created*unrelatedBytes)),
		aim:    "≤ 4 MB",
		judged: true, met: float64(grown) <= ownDrift,
	})
	return m.stop()
}

// unrelatedSample is how many unrelated Secrets tell what the API server sends to itself.
const unrelatedSample = 10

// ownEvents is how many watch events each new Secret is to those who watch while no operator runs: the API server itself.
func (s *stage) ownEvents(ctx context.Context) (float64, error) {
	before, err := requestsServed(ctx, s.Metrics)
	if err != nil {
		return 0, err
	}
	if err := s.createUnrelated(ctx, 0, unrelatedSample); err != nil {
		return 0, err
	}
	if err := waitFor(ctx, afterthoughts); err != nil {
		return 0, err
	}
	after, err := requestsServed(ctx, s.Metrics)
	return after.since(before)[watchEvents+"secrets"] / unrelatedSample, err
}

func (s *stage) createUnrelated(ctx context.Context, first, last int) error {
	content := bytes.Repeat([]byte("unrelated "), unrelatedBytes/10)
	return many(ctx, first, last, func(ctx context.Context, i int) error {
		err := s.Admin.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: fmt.Sprintf("unrelated-%05d", i)},
			Data:       map[string][]byte{"content": content},
		})
		if err != nil {
			return fmt.Errorf("creating an unrelated Secret: %w", err)
		}
		return nil
	})
}

// quiet waits until the manager has rested.
func (s *stage) quiet(ctx context.Context, m *manager) (stock, usage, error) {
	used, err := s.atRest(ctx, m.process)
	if err != nil {
		return stock{}, used, err
	}
	taken, err := s.takeStock(ctx, m)
	return taken, used, err
}
