package main

import (
	"math"
	"testing"
	"time"
)

// every gives the values a time each, ten seconds apart.
func every(values ...float64) []point {
	var points []point
	for i, value := range values {
		points = append(points, point{at: time.Unix(int64(10*i), 0), value: value})
	}
	return points
}

func TestTheSlopeIsThatOfTheLineThatFitsBest(t *testing.T) {
	for name, test := range map[string]struct {
		points []point
		want   float64
	}{
		"no points":          {nil, 0},
		"one point":          {every(7), 0},
		"one moment":         {[]point{{value: 1}, {value: 2}}, 0},
		"a flat line":        {every(5, 5, 5, 5), 0},
		"a line that grows":  {every(0, 1, 2, 3), 6},
		"a line that falls":  {every(3, 2, 1, 0), -6},
		"a saw about a line": {every(1, 0, 1, 4), 6},
	} {
		t.Run(name, func(t *testing.T) {
			if got := slopePerMinute(test.points); math.Abs(got-test.want) > 1e-9 {
				t.Errorf("%v, not %v", got, test.want)
			}
		})
	}
}

func TestTheFirstAndTheLastQuarterDoNotShowSinglePeaks(t *testing.T) {
	first, last := firstAndLast(every(1, 900, 1, 5, 5, 5, 5, 5, 5, 2, 900, 2))
	if first != 1 || last != 2 {
		t.Errorf("%v and %v", first, last)
	}
	if first, last = firstAndLast(nil); first != 0 || last != 0 {
		t.Errorf("of nothing: %v and %v", first, last)
	}
}

func TestTheMedianIsTheMiddle(t *testing.T) {
	for want, points := range map[float64][]point{0: nil, 3: every(9, 3, 1), 4: every(9, 1, 3, 5)} {
		if got := median(points); got != want {
			t.Errorf("%v, not %v", got, want)
		}
	}
	if got := largest(every(1, 9, 3)); got != 9 {
		t.Errorf("the largest is %v", got)
	}
}
