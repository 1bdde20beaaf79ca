package main

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// lifetime is the time in which one process led, but for the beginning, in which it grows into its work.
type lifetime struct {
	manager    string
	process    int
	from, to   time.Time
	resident   []point
	live       []point
	goroutines []point
}

func (l lifetime) lasts() time.Duration { return l.to.Sub(l.from) }

// lifetimesOf are those that lasted for at least so long, in the order of their beginning.
func lifetimesOf(samples []sample, warmUp, least time.Duration) []lifetime {
	type process struct {
		manager string
		number  int
	}
	led := map[process]time.Time{} // since when
	all := map[process]*lifetime{}
	for _, s := range samples {
		p := process{s.manager, s.process}
		if !s.leads {
			continue
		}
		if led[p].IsZero() {
			led[p] = s.at
		}
		if s.at.Sub(led[p]) < warmUp {
			continue
		}
		l := all[p]
		if l == nil {
			l = &lifetime{manager: s.manager, process: s.process, from: s.at}
			all[p] = l
		}
		l.to = s.at
		l.resident = append(l.resident, point{s.at, s.resident})
		l.live = append(l.live, point{s.at, s.live})
		l.goroutines = append(l.goroutines, point{s.at, s.goroutines})
	}
	var long []lifetime
	for l := range maps.Values(all) {
		if l.lasts() >= least {
			long = append(long, *l)
		}
	}
	slices.SortFunc(long, func(a, b lifetime) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.manager, b.manager)) })
	return long
}

// course is how much memory a manager took in one part of the time.
type course struct {
	from     time.Duration
	resident map[string]float64 // median by manager
	leads    string             // who led for most of it
}

// courseOf divides the time into so many parts.
func courseOf(samples []sample, begun time.Time, parts int) []course {
	if len(samples) == 0 {
		return nil
	}
	part := samples[len(samples)-1].at.Sub(begun)/time.Duration(parts) + 1
	var all []course
	for i := range parts {
		c := course{from: part * time.Duration(i), resident: map[string]float64{}}
		taken, leads := map[string][]point{}, map[string]int{}
		for _, s := range samples {
			if s.at.Sub(begun)/part != time.Duration(i) || s.at.Before(begun) {
				continue
			}
			taken[s.manager] = append(taken[s.manager], point{s.at, s.resident})
			if s.leads {
				leads[s.manager]++
			}
		}
		for manager, points := range taken {
			c.resident[manager] = median(points)
		}
		for manager, n := range leads {
			if n > leads[c.leads] || n == leads[c.leads] && manager < c.leads {
				c.leads = manager
			}
		}
		all = append(all, c)
	}
	return all
}
