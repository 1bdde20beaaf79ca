package main

import (
	"strings"
	"testing"
	"time"
)

// led is a process that led for so long, with live heaps and goroutines that go from one figure to another.
func led(lasts time.Duration, liveFrom, liveTo, goroutinesTo float64) lifetime {
	l := lifetime{manager: "a", process: 1, from: time.Unix(0, 0), to: time.Unix(0, 0).Add(lasts)}
	const samples = 100
	for i := range samples {
		at, share := l.from.Add(lasts*time.Duration(i)/(samples-1)), float64(i)/(samples-1)
		l.live = append(l.live, point{at, liveFrom + share*(liveTo-liveFrom)})
		l.resident = append(l.resident, point{at, 4e7})
		l.goroutines = append(l.goroutines, point{at, 60 + share*(goroutinesTo-60)})
	}
	return l
}

func TestAReportSaysWhatIsAmiss(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*report)
		amiss  string // empty where nothing is
	}{
		"all is well":             {func(*report) {}, ""},
		"something was found":     {func(r *report) { r.findings = []string{"Secret team-0/client-00001 holds an expired token"} }, "expired"},
		"the heap grows":          {func(r *report) { r.lifetimes = []lifetime{led(20*time.Minute, 1e7, 1.4e7, 60)} }, "live heap of manager a, process 1, grew by +200.0 KB a minute"},
		"the heap shrinks":        {func(r *report) { r.lifetimes = []lifetime{led(20*time.Minute, 1.2e7, 1e7, 60)} }, ""},
		"a heap of a few minutes": {func(r *report) { r.lifetimes = []lifetime{led(5*time.Minute, 1e7, 1.2e7, 60)} }, ""},
		"no process led for long": {func(r *report) { r.period, r.lifetimes = time.Hour, []lifetime{led(5*time.Minute, 1e7, 1e7, 60)} }, "can't be said"},
		"goroutines grow":         {func(r *report) { r.lifetimes = []lifetime{led(20*time.Minute, 1e7, 1e7, 100)} }, "goroutines"},
		"watches grow":            {func(r *report) { r.watchesAfter = watches{"secrets": 8} }, "watches of secrets: 7, and then 8"},
		"watches shrink":          {func(r *report) { r.watchesAfter = watches{} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &report{watchesBefore: watches{"secrets": 7}, watchesAfter: watches{"secrets": 7}}
			test.change(r)
			faults := strings.Join(r.faults(), "\n")
			if test.amiss == "" && faults != "" || !strings.Contains(faults, test.amiss) {
				t.Errorf("found %q, not %q", faults, test.amiss)
			}
			var printed strings.Builder
			r.print(&printed)
			if well := strings.Contains(printed.String(), "Nothing is amiss."); well != (test.amiss == "") {
				t.Errorf("it says otherwise:\n%s", &printed)
			}
		})
	}
}

func TestAReportGivesTheFigures(t *testing.T) {
	r := &report{
		period: time.Hour, objects: 2000, seed: 7,
		tally:     tally{renewed: 57123, least: 14200 * time.Millisecond, measured: true},
		brought:   map[string]int{killedLeader: 3},
		outages:   []time.Duration{4 * time.Second, 9 * time.Second, 5 * time.Second},
		ended:     map[string]int{lostInOutage: 1, killedLeader: 3},
		lifetimes: []lifetime{led(20*time.Minute, 1e7, 1e7, 60)},
		managers:  []string{"a", "b"},
		course:    []course{{resident: map[string]float64{"a": 4.2e7}, leads: "a"}},
	}
	var printed strings.Builder
	r.print(&printed)
	for _, want := range []string{
		"1h0m0s with 2,000 objects, `--seed 7`.", "| renewals | 57,123 |", "| least life that any token ever had left | 14.2s |",
		"| leader killed (SIGKILL) | 3 |", "median, longest | 5s, 9s |", "ended by themselves: lease lost while the API server was away | 1 |",
		"| a, process 1 | 20m0s | 100 | 40.0 MB to 40.0 MB, at most 40.0 MB | +0.0 KB | 10.0 MB to 10.0 MB | +0.0 KB | 60 to 60 |",
		"| 0s | 42.0 MB, leads | - |",
	} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, &printed)
		}
	}
}
