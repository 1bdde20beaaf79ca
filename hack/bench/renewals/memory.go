package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// lasting objects need nothing for as long as the bench runs.
var lasting = life{ttl: "24h"}

// size is what a manager holds with so many objects.
type size struct {
	objects int
	grown   int64 // resident, after it made their first tokens
	started int64 // resident, after it was started with them there
	peak    int64 // resident at most in either
}

// memory measures what each object costs: in a manager that made all first tokens, and in one that was started later.
func memory(ctx context.Context, s *stage, t *table) error {
	var sizes []size
	defer func() { t.add(memoryRows(sizes)...) }() // also where the next size was too much
	present := 0
	for _, objects := range append([]int{0}, s.sizes...) {
		measured, err := s.memoryWith(ctx, present, objects)
		if err != nil {
			return fmt.Errorf("with %d objects: %w", objects, err)
		}
		present = objects
		sizes = append(sizes, measured)
	}
	return nil
}

// memoryWith grows the number of objects and takes the manager's memory with them, twice.
func (s *stage) memoryWith(ctx context.Context, present, objects int) (size, error) {
	m, err := s.runManager(ctx)
	if err != nil {
		return size{}, err
	}
	if err := s.declare(ctx, present, objects, 0, always(lasting)); err != nil {
		return size{}, err
	}
	made := func(c counts) bool { return c.sum(minted) >= float64(objects-present) }
	if err := m.await(ctx, 20*time.Minute, "the first tokens", made); err != nil {
		return size{}, err
	}
	grown, err := s.atRest(ctx, m.process)
	if err != nil {
		return size{}, err
	}
	if err := m.stop(); err != nil {
		return size{}, err
	}
	if m, err = s.runManager(ctx); err != nil {
		return size{}, err
	}
	seen := func(c counts) bool { return c[passes] >= float64(objects) }
	if err := m.await(ctx, 5*time.Minute, "a look at each object", seen); err != nil {
		return size{}, err
	}
	started, err := s.atRest(ctx, m.process)
	if err != nil {
		return size{}, err
	}
	measured := size{objects, grown.resident, started.resident, max(grown.peak, started.peak)}
	s.say("%s objects: %s, after a restart %s, at most %s", thousands(objects), megabytes(measured.grown), megabytes(measured.started), megabytes(measured.peak))
	return measured, m.stop()
}

// atRest is what a process uses after it had nothing to do for a while: the median of the last seconds.
func (s *stage) atRest(ctx context.Context, p *process) (usage, error) {
	var seen []usage
	for begin := time.Now(); time.Since(begin) < s.settling; {
		if err := waitFor(ctx, time.Second); err != nil {
			return usage{}, err
		}
		u, err := p.usage()
		if err != nil {
			return usage{}, err
		}
		seen = append(seen, u)
	}
	last := seen[len(seen)*2/3:]
	slices.SortFunc(last, func(a, b usage) int { return int(a.resident - b.resident) })
	return last[len(last)/2], nil
}

func memoryRows(sizes []size) []row {
	if len(sizes) == 0 {
		return nil
	}
	idle := sizes[0]
	rows := []row{{
		what: "memory idle, no objects", figure: megabytes(max(idle.grown, idle.started)), aim: "≤ 45 MB",
	}}
	for _, z := range sizes[1:] {
		rows = append(rows, row{
			what:   fmt.Sprintf("memory with %s objects", thousands(z.objects)),
			figure: fmt.Sprintf("%s; after a restart %s; at most %s", megabytes(z.grown), megabytes(z.started), megabytes(z.peak)),
			ratio:  perObject(idle, z) + " per object over the idle process",
		})
	}
	if len(sizes) > 2 {
		first, last := sizes[1], sizes[len(sizes)-1]
		rows = append(rows, row{
			what:   fmt.Sprintf("memory per object, between %s and %s", thousands(first.objects), thousands(last.objects)),
			figure: perObject(first, last), aim: "≤ 8 KB",
		})
	}
	return rows
}

// perObject are the slopes between two sizes.
func perObject(from, to size) string {
	objects := float64(to.objects - from.objects)
	return fmt.Sprintf("%s; after a restart %s",
		kilobytes(float64(to.grown-from.grown)/objects), kilobytes(float64(to.started-from.started)/objects))
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }

func kilobytes(bytes float64) string { return fmt.Sprintf("%.1f KB", bytes/1e3) }
