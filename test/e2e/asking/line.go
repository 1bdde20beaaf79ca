package asking

import (
	"maps"
	"time"
)

// Line is one line of the log.
type Line struct {
	At     time.Time `json:"at"`
	Counts Counts    `json:"counts"`
	// Slowest is how long the slowest request took that was answered since the
	// line before, all its attempts together, in seconds.
	Slowest float64 `json:"slowest"`
	// Waiting is for how long the request has been tried that was begun first of
	// those that have no answer yet, in seconds.
	Waiting float64 `json:"waiting"`
}

// Counts are of everything so far.
type Counts struct {
	// Answered requests got a token, after however many attempts.
	Answered int `json:"answered"`
	// Retried attempts were not the last of their request, and Causes says what
	// became of them.
	Retried int            `json:"retried"`
	Causes  map[string]int `json:"causes,omitempty"`
	// Lost requests got none, and Losses says why.
	Lost   int            `json:"lost"`
	Losses map[string]int `json:"losses,omitempty"`
	// Dialed connections were made.
	Dialed int `json:"dialed"`
}

// Since are those that came after.
func (c Counts) Since(before Counts) Counts {
	c.Answered -= before.Answered
	c.Retried -= before.Retried
	c.Lost -= before.Lost
	c.Dialed -= before.Dialed
	c.Causes, c.Losses = less(c.Causes, before.Causes), less(c.Losses, before.Losses)
	return c
}

func less(counted, before map[string]int) map[string]int {
	left := map[string]int{}
	for cause, n := range counted {
		if n > before[cause] {
			left[cause] = n - before[cause]
		}
	}
	return left
}

func (c Counts) clone() Counts {
	c.Causes, c.Losses = maps.Clone(c.Causes), maps.Clone(c.Losses)
	return c
}
