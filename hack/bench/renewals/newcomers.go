package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// newcomersEach is the time between two new objects.
	newcomersEach = 100 * time.Millisecond
	// starved is how long the last of them is waited for.
	starved = time.Minute
)

// newcomers measures how long new objects wait for their first token while twice as many renewals are due as can be made:
// such that have time, and such that are about to expire.
func newcomers(ctx context.Context, s *stage, t *table) error {
	ceiling, err := s.ceilingWith(ctx, s.objects/4)
	if err != nil {
		return err
	}
	atEase := life{ttl: "60s", renewBefore: "54s"}
	first := s.objects / 4
	last := first + int(2*6*ceiling.perSecond())
	if err := s.newcomersAmong(ctx, first, last, atEase, "renewals with 54 s of 60 s left", t); err != nil {
		return err
	}
	if err := s.remove(ctx, first, last); err != nil {
		return err
	}
	first, last = last, last+int(2*2*ceiling.perSecond())
	return s.newcomersAmong(ctx, first, last, restless, "renewals with 18 s of 20 s left", t)
}

// ceilingWith is what a bare client does with some first objects, which need nothing else.
func (s *stage) ceilingWith(ctx context.Context, objects int) (window, error) {
	m, err := s.runManager(ctx)
	if err != nil {
		return window{}, err
	}
	if err := s.declare(ctx, 0, objects, 0, always(lasting)); err != nil {
		return window{}, err
	}
	made := func(c counts) bool { return c.sum(minted) >= float64(objects) }
	if err := m.await(ctx, 3*time.Minute, "the first tokens", made); err != nil {
		return window{}, err
	}
	if err := m.stop(); err != nil {
		return window{}, err
	}
	ceiling, err := s.bareWindow(ctx)
	s.say("a bare client: %s", ceiling)
	return ceiling, err
}

func (s *stage) newcomersAmong(ctx context.Context, first, last int, l life, what string, t *table) error {
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	if err := s.declare(ctx, first, last, 0, always(l)); err != nil {
		return err
	}
	watched, err := s.watchTokens(ctx) // early, so that each renewal's plan is known
	if err != nil {
		return err
	}
	saturated := func(c counts) bool { return c.sum(minted) >= 3*float64(last-first) }
	if err := m.await(ctx, 3*time.Minute, "renewals", saturated); err != nil {
		return err
	}
	asked := make([]time.Time, s.newcomers)
	name := func(i int) string { return fmt.Sprintf("new-%05d-%03d", first, i) }
	begin := time.Now()
	for i := range asked {
		if err := waitUntil(ctx, begin.Add(time.Duration(i)*newcomersEach)); err != nil {
			return err
		}
		if asked[i], err = s.declareOne(ctx, name(i), lasting); err != nil {
			return err
		}
	}
	waits, err := s.awaitNewcomers(ctx, watched, asked, name)
	if err != nil {
		return err
	}
	seen, err := watched.end()
	if err != nil {
		return err
	}
	figure := spreadOf(waits).String()
	if without := len(asked) - len(waits); without > 0 {
		figure = fmt.Sprintf("%d of them had none after %s", without, starved)
	}
	t.add(row{
		what:   fmt.Sprintf("first token of %d new objects among %s", len(asked), what),
		figure: figure,
		ratio:  fmt.Sprintf("the renewals were late by %s", spreadOf(s.late(seen, begin))),
		aim:    "max ≤ 2 s",
	})
	return m.stop()
}

// awaitNewcomers returns how long each waited that has a token by the end.
func (s *stage) awaitNewcomers(ctx context.Context, watched *watcher, asked []time.Time, name func(int) string) ([]time.Duration, error) {
	var waits []time.Duration
	all := func(context.Context) (bool, error) {
		first, err := watched.firstOf()
		waits = waits[:0]
		for i := range asked {
			if at, ok := first[name(i)]; ok {
				waits = append(waits, at.Sub(asked[i]))
			}
		}
		return len(waits) == len(asked), err
	}
	err := wait.PollUntilContextTimeout(ctx, 4*pollEvery, starved, true, all)
	if wait.Interrupted(err) && ctx.Err() == nil {
		err = nil // whoever has none yet is counted
	}
	return waits, err
}
