package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTheShareIsTheMedianOfRounds(t *testing.T) {
	tokens, nothing := &line{rates: []float64{30, 90, 60}}, &line{rates: []float64{100, 100, 100}}
	if median, least, most := tokens.share(nothing); median != 0.6 || least != 0.3 || most != 0.9 {
		t.Errorf("%v, from %v to %v", median, least, most)
	}
}

func TestAPercentileIsWhatSoManyWereNotSlowerThan(t *testing.T) {
	var sorted []time.Duration
	for i := range 200 {
		sorted = append(sorted, time.Duration(i))
	}
	if p50, p99 := percentile(sorted, 50), percentile(sorted, 99); p50 != 100 || p99 != 198 {
		t.Errorf("%d and %d", p50, p99)
	}
	if percentile(nil, 99) != 0 {
		t.Error("of nothing there is none")
	}
}

func TestACountThatIsOffIsNamed(t *testing.T) {
	good := result{granted: 1000, logged: 1000, handed: 1000, answered: 2000, straight: 1000, served: map[string]float64{"POST tokenreviews": 9}}
	if off := good.off(); len(off) > 0 {
		t.Errorf("nothing is off, but: %v", off)
	}
	for says, spoil := range map[string]func(*result){
		"999 logged":                 func(r *result) { r.logged-- },
		"1001 are counted":           func(r *result) { r.granted++ },
		"3 connections were dialled": func(r *result) { r.dialled = 3 },
		"0.011 requests":             func(r *result) { r.served = map[string]float64{"POST tokenreviews": 11} },
	} {
		bad := good
		spoil(&bad)
		if off := bad.off(); len(off) != 1 || !strings.Contains(off[0], says) {
			t.Errorf("%q is told as %v", says, off)
		}
	}
}

func TestAuditLinesAreCountedAndDoNotStay(t *testing.T) {
	l, err := newLog()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	for round := 1; round <= 2; round++ {
		for range 5 {
			for _, line := range []string{`{"msg":"Token requested","verdict":"granted"}`, `{"msg":"Token requested","verdict":"refused"}`, `{"msg":"Listening"}`} {
				if _, err := fmt.Fprintln(l.file, line); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := l.read(); err != nil {
			t.Fatal(err)
		}
		info, err := l.file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if l.tokens != 5*round || info.Size() != 0 || strings.Count(l.String(), "Listening") != 5*round || strings.Contains(l.String(), "requested") {
			t.Fatalf("%d tokens, %d bytes stay: %s", l.tokens, info.Size(), l)
		}
	}
}

func TestWhatIsNewIsCountedAlone(t *testing.T) {
	fresh := since(map[string]float64{"GET": 5, "POST pods": 2, "PUT": 1}, map[string]float64{"GET": 5, "PUT": 0})
	if got := listed(fresh); got != "2 POST pods, 1 PUT" || total(fresh) != 3 {
		t.Error(got)
	}
	if got := listed(nil); got != "none" {
		t.Error(got)
	}
}
