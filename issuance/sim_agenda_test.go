package issuance_test

import (
	"container/heap"
	"time"
)

// happening is something that the world does at one of its moments.
type happening struct {
	at    time.Duration
	order uint64 // of two at the same moment, the one that was noted first
	do    func()
}

// agenda holds what is still to happen, the next first.
type agenda struct {
	heap  happenings
	noted uint64
}

func (a *agenda) note(at time.Duration, do func()) {
	a.noted++
	heap.Push(&a.heap, happening{at: at, order: a.noted, do: do})
}

// next takes the next happening off the agenda; not ok where none is left up
// to the moment until.
func (a *agenda) next(until time.Duration) (h happening, ok bool) {
	if len(a.heap) == 0 || a.heap[0].at > until {
		return happening{}, false
	}
	return heap.Pop(&a.heap).(happening), true
}

type happenings []happening

func (h happenings) Len() int { return len(h) }

func (h happenings) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].order < h[j].order
}

func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *happenings) Push(x any) { *h = append(*h, x.(happening)) }

func (h *happenings) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = happening{}
	*h = (*h)[:last]
	return x
}
