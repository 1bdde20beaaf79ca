package main

import (
	"fmt"
	"slices"
	"time"
)

// spread is how a number of durations lie.
type spread struct {
	count          int
	p50, p99, most time.Duration
}

func spreadOf(durations []time.Duration) spread {
	if len(durations) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(durations))
	at := func(share float64) time.Duration { return sorted[int(share*float64(len(sorted)-1))] }
	return spread{len(sorted), at(0.50), at(0.99), sorted[len(sorted)-1]}
}

func (s spread) String() string {
	return fmt.Sprintf("p50 %s, p99 %s, max %s", seconds(s.p50), seconds(s.p99), seconds(s.most))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
