package main

import (
	"context"
	"fmt"
	"time"
)

// restless objects are due for renewal two seconds after each renewal, with nine tenths of their tokens' life left: there
// is always something to renew, and yet nothing is late for its expiry.
var restless = life{ttl: "20s", renewBefore: "18s"}

// saturation compares the operator at its fastest with a bare client at its fastest, just before and just after.
func saturation(ctx context.Context, s *stage, t *table) error {
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	if err := s.declare(ctx, 0, s.objects, 0, always(restless)); err != nil {
		return err
	}
	if err := m.await(ctx, 2*time.Minute, "the first renewals", func(c counts) bool { return c.sum(minted) >= 2*float64(s.objects) }); err != nil {
		return err
	}
	if err := m.stop(); err != nil {
		return err
	}
	var bare, operator window
	for range s.rounds {
		b, o, err := s.alternate(ctx)
		if err != nil {
			return err
		}
		bare, operator = bare.plus(b), operator.plus(o)
	}
	t.add(row{
		what:   fmt.Sprintf("renewals when always due, %s objects, %d workers", thousands(s.objects), s.workers),
		figure: fmt.Sprintf("%.0f/s; a bare client %.0f/s", operator.perSecond(), bare.perSecond()) + operator.lost(),
		ratio:  fmt.Sprintf("%.2f of the bare client's", operator.perSecond()/bare.perSecond()), aim: "≥ 0.75",
	}, row{
		what:   "CPU of the process per renewal, the same",
		figure: fmt.Sprintf("%s; a bare client %s", milliseconds(operator.cpuEach()), milliseconds(bare.cpuEach())),
		ratio:  fmt.Sprintf("%.2f × the bare client's", float64(operator.cpuEach())/float64(bare.cpuEach())), aim: "≤ 1.25",
	})
	return nil
}

// alternate measures a bare client, the manager and a bare client again: the machine may have other work.
func (s *stage) alternate(ctx context.Context) (bare, operator window, err error) {
	before, err := s.bareWindow(ctx)
	if err != nil {
		return bare, operator, err
	}
	s.say("a bare client: %s", before)
	m, err := s.runManager(ctx)
	if err != nil {
		return bare, operator, err
	}
	// What the bare client left has expired meanwhile; then come renewals alone.
	if err := m.await(ctx, 2*time.Minute, "renewals", func(c counts) bool { return c.sum(minted) >= 2*float64(s.objects) }); err != nil {
		return bare, operator, err
	}
	if operator, err = s.managerWindow(ctx, m); err != nil {
		return bare, operator, err
	}
	s.say("the manager: %s", operator)
	if err := m.stop(); err != nil {
		return bare, operator, err
	}
	after, err := s.bareWindow(ctx)
	if err != nil {
		return bare, operator, err
	}
	s.say("a bare client: %s", after)
	return before.plus(after), operator, nil
}
