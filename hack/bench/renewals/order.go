package main

import (
	"fmt"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// order is how a manager worked off what it found overdue.
type order struct {
	waits   spread // of all, from the start of the process
	urgent  spread // of those that were about to expire
	expired int    // before they were renewed
	pairs   float64
	inOrder float64 // pairs of which the one that expires sooner was renewed first
}

// judgeOrder looks at when each token that was there before was replaced.
func judgeOrder(before map[string]capability.Token, seen []sighting, started time.Time) order {
	var o order
	var all, hurried []time.Duration
	var expiries []time.Time // in the order in which they were replaced
	replaced := map[string]bool{}
	for _, s := range seen {
		was, ok := before[s.name]
		if !ok || replaced[s.name] {
			continue
		}
		replaced[s.name] = true
		wait := s.at.Sub(started)
		all = append(all, wait)
		expiries = append(expiries, was.ExpiresAt)
		if was.ExpiresAt.Sub(started) <= urgent {
			hurried = append(hurried, wait)
		}
		if !s.at.Before(was.ExpiresAt) {
			o.expired++
		}
	}
	for i, earlier := range expiries {
		for _, later := range expiries[i+1:] {
			switch gap := later.Sub(earlier); {
			case gap >= apart:
				o.pairs++
				o.inOrder++
			case gap <= -apart:
				o.pairs++
			}
		}
	}
	o.waits, o.urgent = spreadOf(all), spreadOf(hurried)
	return o
}

func (o order) rows(ceiling window) []row {
	least := time.Duration(float64(o.waits.count) / ceiling.perSecond() * float64(time.Second))
	return []row{
		{
			what:   fmt.Sprintf("restart with %s objects overdue: until all are renewed", thousands(o.waits.count)),
			figure: seconds(o.waits.most),
			ratio:  fmt.Sprintf("%.2f × a bare client's two writes of each (%.0f/s)", float64(o.waits.most)/float64(least), ceiling.perSecond()),
		},
		{
			what:   "the same: from the start of the process until each is renewed",
			figure: o.waits.String(),
			ratio:  fmt.Sprintf("the %d that would expire within %s: %s", o.urgent.count, urgent, o.urgent),
		},
		{
			what:   "the same: tokens that expired before they were renewed",
			figure: fmt.Sprint(o.expired),
			ratio:  fmt.Sprintf("%.0f %% of pairs whose expiries are %s apart or more renewed in their order", 100*o.inOrder/max(o.pairs, 1), apart),
			aim:    "0",
		},
	}
}
