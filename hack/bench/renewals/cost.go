package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// unhurried objects are renewed every ten seconds or a little sooner.
var unhurried = life{ttl: "40s", renewBefore: "30s"}

// onceAround is a little more than unhurried objects take for a renewal each.
const onceAround = 12 * time.Second

// slack is how far a count per renewal may be off, because renewals are under way while it is read.
const slack = 0.01

// cost counts what one renewal takes, at a rate at which nothing has to wait.
func cost(ctx context.Context, s *stage, t *table) error {
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	if err := s.declare(ctx, 0, s.objects/4, onceAround, always(unhurried)); err != nil {
		return err
	}
	if err := waitFor(ctx, onceAround); err != nil { // after which there are renewals alone
		return err
	}
	before, err := s.takeStock(ctx, m)
	if err != nil {
		return err
	}
	if err := waitFor(ctx, 2*s.window); err != nil {
		return err
	}
	after, err := s.takeStock(ctx, m)
	if err != nil {
		return err
	}
	served, renewals := after.served.since(before.served), after.renewals-before.renewals
	s.say("%.0f renewals took %s", renewals, served)
	t.add(costRows(served, renewals, after.passes-before.passes)...)
	return m.stop()
}

// stock is what was counted at one moment.
type stock struct {
	served           counts
	renewals, passes float64
}

// takeStock reads the manager's counts before and after the API server's, which take longer, and goes by the middle.
func (s *stage) takeStock(ctx context.Context, m *manager) (stock, error) {
	before, err := m.counts(ctx)
	if err != nil {
		return stock{}, err
	}
	served, err := requestsServed(ctx, s.Metrics)
	if err != nil {
		return stock{}, err
	}
	after, err := m.counts(ctx)
	return stock{
		served:   served,
		renewals: (before[renewed] + after[renewed]) / 2,
		passes:   (before[passes] + after[passes]) / 2,
	}, err
}

func costRows(served counts, renewals, passes float64) []row {
	requests := counts{}
	for request, count := range served {
		if !strings.HasPrefix(request, watchEvents) {
			requests[request] = count
		}
	}
	var all float64
	var each []string
	for _, request := range slices.Sorted(maps.Keys(requests)) {
		all += requests[request]
		each = append(each, fmt.Sprintf("%s %.2f", request, requests[request]/renewals))
	}
	reads := requests.sum("GET ", "LIST ")
	near := func(count, aim float64) bool { return renewals > 0 && math.Abs(count/renewals-aim) <= slack*aim }
	return []row{
		{
			what:   fmt.Sprintf("requests per renewal (%.0f renewals)", renewals),
			figure: fmt.Sprintf("%.2f", all/renewals), ratio: strings.Join(each, ", "), aim: "2.00", judged: true, met: near(all, 2),
		},
		{
			what:   "of these, reads",
			figure: fmt.Sprintf("%.0f", reads), aim: "0", judged: true, met: reads == 0,
		},
		{
			what:   "reconciles per renewal",
			figure: fmt.Sprintf("%.2f", passes/renewals), aim: "1.00", judged: true, met: near(passes, 1),
		},
	}
}
