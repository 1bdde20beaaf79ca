package main

import (
	"testing"
	"time"
)

// samplesOf are taken a minute apart; each letter is who leads then: a, b, or - where nobody does.
func samplesOf(leads string, process func(minute int, manager string) int) []sample {
	var samples []sample
	for minute, leader := range leads {
		for _, manager := range []string{"a", "b"} {
			samples = append(samples, sample{
				at: time.Unix(int64(60*minute), 0), manager: manager, process: process(minute, manager),
				leads: manager == string(leader), resident: float64(minute),
			})
		}
	}
	return samples
}

func TestALifetimeIsThatOfOneProcessThatLeads(t *testing.T) {
	// a leads, is killed in the fourth minute, and its next process leads from the ninth minute on.
	samples := samplesOf("aaaa--bb-aaaaaaaa", func(minute int, manager string) int {
		if manager == "a" && minute > 3 {
			return 2
		}
		return 1
	})
	got := lifetimesOf(samples, 2*time.Minute, time.Minute)
	if len(got) != 2 {
		t.Fatalf("%d lifetimes, not two: b led too briefly", len(got))
	}
	for i, want := range []struct {
		process  int
		from, to int64
	}{{1, 2, 3}, {2, 11, 16}} {
		l := got[i]
		if l.manager != "a" || l.process != want.process || l.from.Unix() != 60*want.from || l.to.Unix() != 60*want.to {
			t.Errorf("%s, process %d, from minute %d to %d", l.manager, l.process, l.from.Unix()/60, l.to.Unix()/60)
		}
		if len(l.resident) != int(want.to-want.from)+1 {
			t.Errorf("it has %d samples", len(l.resident))
		}
	}
	if long := lifetimesOf(samples, 2*time.Minute, 3*time.Minute); len(long) != 1 || long[0].process != 2 {
		t.Errorf("of those that are long enough: %+v", long)
	}
}

func TestTheCourseIsDividedIntoParts(t *testing.T) {
	got := courseOf(samplesOf("aaabbb", func(int, string) int { return 1 }), time.Unix(0, 0), 2)
	if len(got) != 2 || got[0].leads != "a" || got[1].leads != "b" || got[0].resident["b"] != 1 || got[1].resident["b"] != 4 {
		t.Errorf("%+v", got)
	}
	if got := courseOf(nil, time.Unix(0, 0), 2); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestWatchesAreCountedByResource(t *testing.T) {
	open, err := readWatches(`apiserver_longrunning_requests{component="apiserver",resource="secrets",scope="cluster",verb="WATCH"} 5
apiserver_longrunning_requests{component="apiserver",resource="secrets",scope="namespace",verb="WATCH"} 2
apiserver_longrunning_requests{component="apiserver",resource="pods",scope="resource",verb="CONNECT"} 9
apiserver_longrunning_requests{component="apiserver",resource="leases",scope="cluster",verb="WATCH"} 0
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(open) != 1 || open["secrets"] != 7 {
		t.Errorf("%v", open)
	}
}
