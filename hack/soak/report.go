package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// judgedFrom is how long a process must have led for its memory to be judged: in less, a collection more or less
	// looks like growth.
	judgedFrom = 10 * time.Minute
	// judgedIn is how long a soak must be for such a process to be expected in it.
	judgedIn = time.Hour
	// mostGrowth is how much a process's live heap may grow in a minute. In one there are some 1,200 renewals, so that less
	// than a hundred bytes may stay of each; the events of a rotation that the client library remembers are as much noise.
	mostGrowth = 100e3
	// mostGoroutines is how many more there may be at the end of a process's time than at its beginning.
	mostGoroutines = 10
)

// report is what a soak has found.
type report struct {
	period  time.Duration
	objects int
	seed    uint64
	machine string

	tally     tally
	brought   map[string]int // faults and what people did, by kind
	outages   []time.Duration
	failovers []time.Duration
	recovered []time.Duration
	ended     map[string]int // processes of the managers, by why

	lifetimes []lifetime
	course    []course
	managers  []string

	watchesBefore, watchesAfter watches
	findings                    []string
}

// faults are what was found, and what the figures say besides; empty where all is as it must be.
func (r *report) faults() []string {
	all := slices.Clone(r.findings)
	judged := 0
	for _, l := range r.lifetimes {
		if l.lasts() < judgedFrom {
			continue
		}
		judged++
		if slope := slopePerMinute(l.live); slope > mostGrowth {
			all = append(all, fmt.Sprintf("the live heap of manager %s, process %d, grew by %s a minute", l.manager, l.process, kilobytes(slope)))
		}
		if first, last := firstAndLast(l.goroutines); last > first+mostGoroutines {
			all = append(all, fmt.Sprintf("manager %s, process %d, had %.0f goroutines and then %.0f", l.manager, l.process, first, last))
		}
	}
	if judged == 0 && r.period >= judgedIn {
		all = append(all, fmt.Sprintf("no process led on for %s, so whether memory grows can't be said: the machine was too busy", judgedFrom))
	}
	for _, resource := range r.watchesAfter.beyond(r.watchesBefore) {
		all = append(all, fmt.Sprintf("watches of %s: %d, and then %d", resource, r.watchesBefore[resource], r.watchesAfter[resource]))
	}
	return all
}

func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "%s with %s objects, `--seed %d`. %s\n\n", r.period.Round(time.Second), thousands(r.objects), r.seed, r.machine)
	r.printTokens(to)
	r.printFaults(to)
	r.printMemory(to)
	r.printWatches(to)
	faults := r.faults()
	if len(faults) == 0 {
		fmt.Fprintln(to, "Nothing is amiss.")
		return
	}
	fmt.Fprintf(to, "**Amiss:**\n\n- %s\n", strings.Join(faults, "\n- "))
}

func (r *report) printTokens(to io.Writer) {
	t := r.tally
	least := "-"
	if t.measured {
		least = t.least.Round(100 * time.Millisecond).String()
	}
	table(to, []string{"tokens", ""}, [][]string{
		{"**found expired in a Secret**", fmt.Sprintf("**%d**", t.expired)},
		{"found false: signed by nobody's credential, or for another time", fmt.Sprint(t.foreign)},
		{"renewals", thousands(t.renewed)},
		{"issued anew for another cause: rotation, change", thousands(t.reissued)},
		{"first tokens of new objects; the slowest came after", fmt.Sprintf("%s; %s", thousands(t.first), rounded(t.slowestFirst))},
		{"put back after an edit by hand; the slowest after", fmt.Sprintf("%s; %s", thousands(t.mended), rounded(t.slowestMend))},
		{"rotations seen through; the slowest took", fmt.Sprintf("%d; %s", t.rotations, rounded(t.slowestRotation))},
		{"least life that any token ever had left", least},
	})
}

func (r *report) printFaults(to io.Writer) {
	var rows [][]string
	for _, kind := range slices.Sorted(maps.Keys(r.brought)) {
		rows = append(rows, []string{kind, thousands(r.brought[kind])})
	}
	for _, why := range slices.Sorted(maps.Keys(r.ended)) {
		if why == lostInOutage {
			rows = append(rows, []string{"managers that ended by themselves: " + why, fmt.Sprint(r.ended[why])})
		}
	}
	rows = append(rows,
		[]string{"time without an API server: median, longest", spread(r.outages)},
		[]string{"time without a leader: median, longest", spread(r.failovers)},
		[]string{"from there until no token was late: median, longest", spread(r.recovered)},
	)
	table(to, []string{"faults", ""}, rows)
}

func (r *report) printMemory(to io.Writer) {
	var rows [][]string
	for _, l := range r.lifetimes {
		first, last := firstAndLast(l.resident)
		liveFirst, liveLast := firstAndLast(l.live)
		goroutinesFirst, goroutinesLast := firstAndLast(l.goroutines)
		rows = append(rows, []string{
			fmt.Sprintf("%s, process %d", l.manager, l.process), rounded(l.lasts()), fmt.Sprint(len(l.resident)),
			fmt.Sprintf("%s to %s, at most %s", megabytes(first), megabytes(last), megabytes(largest(l.resident))),
			kilobytes(slopePerMinute(l.resident)),
			fmt.Sprintf("%s to %s", megabytes(liveFirst), megabytes(liveLast)), kilobytes(slopePerMinute(l.live)),
			fmt.Sprintf("%.0f to %.0f", goroutinesFirst, goroutinesLast),
		})
	}
	table(to, []string{"leader", "led on for", "samples", "resident memory", "slope per minute", "live heap", "slope per minute", "goroutines"}, rows)
	rows = nil
	for _, c := range r.course {
		row := []string{rounded(c.from)}
		for _, name := range r.managers {
			cell := "-"
			if c.resident[name] > 0 {
				cell = megabytes(c.resident[name])
			}
			if c.leads == name {
				cell += ", leads"
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	head := []string{"from"}
	for _, name := range r.managers {
		head = append(head, "resident memory of "+name)
	}
	table(to, head, rows)
}

func (r *report) printWatches(to io.Writer) {
	resources := slices.Collect(maps.Keys(r.watchesBefore))
	for resource := range r.watchesAfter {
		if _, known := r.watchesBefore[resource]; !known {
			resources = append(resources, resource)
		}
	}
	slices.Sort(resources)
	rows := [][]string{{"all", fmt.Sprint(r.watchesBefore.total()), fmt.Sprint(r.watchesAfter.total())}}
	for _, resource := range resources {
		if before, after := r.watchesBefore[resource], r.watchesAfter[resource]; before != after || ours(resource) {
			rows = append(rows, []string{resource, fmt.Sprint(before), fmt.Sprint(after)})
		}
	}
	table(to, []string{"open watches", "before", "after"}, rows)
}

// ours are the resources that the operator watches.
func ours(resource string) bool {
	return slices.Contains([]string{"clientcapabilities", "clusteraccounts", "namespaces", "secrets"}, resource)
}
