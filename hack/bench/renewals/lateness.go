package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// comfortable objects wait twenty seconds, or up to two less, with more than half of their tokens' life left.
	comfortableWait = 20 * time.Second
	// meanWait is what they wait on average.
	meanWait = comfortableWait - comfortableWait/20
	// lowRate is the rate that lateness is first measured at, in renewals per second.
	lowRate = 100
)

var comfortable = life{ttl: "60s", renewBefore: "40s"}

// lateness measures how long after its time a renewal is written, at a low rate and at half of what a bare client does.
func lateness(ctx context.Context, s *stage, t *table) error {
	present := objectsFor(lowRate)
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	if err := s.latenessWith(ctx, m, 0, present, t); err != nil {
		return err
	}
	if err := m.stop(); err != nil {
		return err
	}
	ceiling, err := s.bareWindow(ctx)
	if err != nil {
		return err
	}
	s.say("a bare client: %s", ceiling)
	if m, err = s.runManager(ctx); err != nil {
		return err
	}
	wanted := objectsFor(ceiling.perSecond() / 2)
	if wanted < present { // on a slow machine
		if err := s.remove(ctx, wanted, present); err != nil {
			return err
		}
	}
	if err := s.latenessWith(ctx, m, present, wanted, t); err != nil {
		return err
	}
	return m.stop()
}

// objectsFor is how many objects make that many renewals per second.
func objectsFor(rate float64) int { return int(rate * meanWait.Seconds()) }

// latenessWith declares objects so slowly that their renewals are spread evenly, and follows them for a while.
func (s *stage) latenessWith(ctx context.Context, m *manager, present, objects int, t *table) error {
	periods := 1 + (objects-present)/(lowRate*int(meanWait/time.Second))
	if objects > present {
		if err := s.declare(ctx, present, objects, time.Duration(periods)*meanWait, always(comfortable)); err != nil {
			return err
		}
	}
	if err := waitFor(ctx, comfortableWait); err != nil { // after which there are renewals alone
		return err
	}
	before, err := m.counts(ctx)
	if err != nil {
		return err
	}
	watched, err := s.watchTokens(ctx)
	if err != nil {
		return err
	}
	period := comfortableWait + 2*s.window // so that each object is seen before what is measured of it
	if err := waitFor(ctx, period); err != nil {
		return err
	}
	after, err := m.counts(ctx)
	if err != nil {
		return err
	}
	seen, err := watched.end()
	if err != nil {
		return err
	}
	late := s.late(seen, time.Time{})
	rate := float64(len(seen)) / period.Seconds()
	t.add(row{
		what:   fmt.Sprintf("lateness of renewals at %.0f per second", rate),
		figure: spreadOf(late).String(),
		ratio:  fmt.Sprintf("%d renewals, %.0f expired", len(late), after.since(before)[expired]),
		aim:    "p99 ≤ 1 s, 0 expired",
	})
	return nil
}

// late is how much after its plan each token was seen, from a moment on, whose forerunner was seen too.
func (s *stage) late(seen []sighting, from time.Time) []time.Duration {
	last := map[string]sighting{}
	var late []time.Duration
	for _, now := range seen {
		if before, ok := last[now.name]; ok && !now.at.Before(from) {
			late = append(late, now.at.Sub(s.planned(now.name, before.token)))
		}
		last[now.name] = now
	}
	return late
}
