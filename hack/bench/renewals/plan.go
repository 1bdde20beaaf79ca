package main

import (
	"fmt"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// day is how far ahead the plan is looked at.
const day = 24 * time.Hour

// spreadRow says how many of the first tokens are renewed in the same second, by the operator's plan, and how many are
// a day later, if each renewal is in time.
func (s *stage) spreadRow(seen []sighting, declaredIn time.Duration) row {
	tokens := map[string]capability.Token{}
	for _, sight := range seen {
		tokens[sight.name] = sight.token
	}
	first, last := map[int64]int{}, map[int64]int{}
	var begin, end time.Time
	for name, token := range tokens {
		at := s.planned(name, token)
		first[at.Unix()]++
		if begin.IsZero() || at.Before(begin) {
			begin = at
		}
		if at.After(end) {
			end = at
		}
		until := token.IssuedAt.Add(day)
		for at.Before(until) {
			token = renewedAt(token, at)
			at = s.planned(name, token)
		}
		last[at.Unix()]++
	}
	even := float64(len(tokens)) / (end.Sub(begin).Seconds())
	return row{
		what: fmt.Sprintf("renewals after %s objects are created within %.0f s, by the plan", thousands(len(tokens)), declaredIn.Seconds()),
		figure: fmt.Sprintf("first renewals over %.0f s, at most %d in one second; a day later at most %d",
			end.Sub(begin).Seconds(), busiest(first), busiest(last)),
		ratio: fmt.Sprintf("busiest second %.1f × the even rate over that time", float64(busiest(first))/even),
	}
}

// renewedAt is the token that follows, if it is written in time: its times are whole seconds.
func renewedAt(token capability.Token, at time.Time) capability.Token {
	lifetime := token.ExpiresAt.Sub(token.IssuedAt)
	token.IssuedAt = at.Truncate(time.Second)
	token.ExpiresAt = token.IssuedAt.Add(lifetime)
	return token
}

func busiest(seconds map[int64]int) int {
	most := 0
	for _, n := range seconds {
		most = max(most, n)
	}
	return most
}
