package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTheCommandLineIsRefusedWhereItMakesNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"--sections", "cost,nothing"}, {"--sizes", "10,5"}, {"--sizes", "0"}, {"--sizes", "many"}, {"more"}, {"--objects", "x"},
		{"--rounds", "0"}, {"--window", "0s"}, {"--objects", "-1"},
	} {
		if _, err := parseArgs(args, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestTheCommandLineChoosesSectionsAndSizes(t *testing.T) {
	s, err := parseArgs([]string{"--sections", "memory,cost", "--sizes", "10,20"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.sections, []string{"memory", "cost"}) || !slices.Equal(s.sizes, []int{10, 20}) {
		t.Errorf("the sections %q and the sizes %v were chosen", s.sections, s.sizes)
	}
}

func TestEveryNumberIsTakenOnceAndTheFirstFailureEndsIt(t *testing.T) {
	var mu sync.Mutex
	taken := map[int]int{}
	take := func(_ context.Context, i int) error {
		mu.Lock()
		defer mu.Unlock()
		taken[i]++
		return nil
	}
	if err := many(t.Context(), 5, 105, take); err != nil {
		t.Fatal(err)
	}
	for i := 5; i < 105; i++ {
		if taken[i] != 1 {
			t.Errorf("%d was taken %d times", i, taken[i])
		}
	}
	if len(taken) != 100 {
		t.Errorf("%d numbers were taken, not 100", len(taken))
	}
	broken := errors.New("broken")
	err := many(t.Context(), 0, 1<<30, func(context.Context, int) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("the failure was given as %v", err)
	}
}

func TestTheTableIsMarkdownThatSaysWhatIsOff(t *testing.T) {
	var judged table
	judged.add(
		row{what: "a time", figure: "1.00 s", aim: "≤ 0.5 s"},
		row{what: "a count", figure: "0", aim: "0", judged: true, met: true},
		row{what: "a wrong count", figure: "3", ratio: "of 4", aim: "0", judged: true},
	)
	var printed strings.Builder
	judged.print(&printed, "A machine.")
	want := `A machine.

| what | measured | in ratio | aim |
| --- | --- | --- | --- |
| a time | 1.00 s |  | ≤ 0.5 s |
| a count | 0 |  | 0 |
| a wrong count | 3 | of 4 | 0 **off** |
`
	if printed.String() != want {
		t.Errorf("printed:\n%s", &printed)
	}
	if off := judged.off(); !slices.Equal(off, []string{"a wrong count: 3, not 0"}) {
		t.Errorf("off are %q", off)
	}
}

func TestNumbersAreWrittenForReaders(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %s, not %s", n, got, want)
		}
	}
	if got := milliseconds(1234567 * time.Nanosecond); got != "1.23 ms" {
		t.Errorf("milliseconds are written %s", got)
	}
}

func TestMemoryPerObjectIsTheSlopeBetweenTwoSizes(t *testing.T) {
	from, to := size{objects: 2000, grown: 50e6, started: 40e6}, size{objects: 12000, grown: 90e6, started: 110e6}
	if got, want := perObject(from, to), "4.0 KB; after a restart 7.0 KB"; got != want {
		t.Errorf("%s per object, not %s", got, want)
	}
}
