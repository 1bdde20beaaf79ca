package main

import (
	"slices"
	"time"
)

// point is a figure at a moment.
type point struct {
	at    time.Time
	value float64
}

// slopePerMinute is how fast a figure grows, by the straight line that fits the points best; zero where there are too few
// for a line.
func slopePerMinute(points []point) float64 {
	if len(points) < 2 {
		return 0
	}
	n := float64(len(points))
	var meanAt, meanValue float64
	for _, p := range points {
		meanAt += p.at.Sub(points[0].at).Minutes() / n
		meanValue += p.value / n
	}
	var together, alone float64
	for _, p := range points {
		distance := p.at.Sub(points[0].at).Minutes() - meanAt
		together += distance * (p.value - meanValue)
		alone += distance * distance
	}
	if alone == 0 {
		return 0
	}
	return together / alone
}

// median is the middle value; zero where there is none.
func median(points []point) float64 {
	if len(points) == 0 {
		return 0
	}
	values := make([]float64, 0, len(points))
	for _, p := range points {
		values = append(values, p.value)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// firstAndLast are the medians of the first and of the last quarter of the points, in which single peaks don't show.
func firstAndLast(points []point) (first, last float64) {
	quarter := max(1, len(points)/4)
	if len(points) < quarter {
		return 0, 0
	}
	return median(points[:quarter]), median(points[len(points)-quarter:])
}

// largest is the greatest value; zero where there is none.
func largest(points []point) float64 {
	var greatest float64
	for _, p := range points {
		greatest = max(greatest, p.value)
	}
	return greatest
}
