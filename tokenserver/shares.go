package tokenserver

import "sync"

// shares give everybody the same number of places at once, so that nobody takes
// the place of another.
type shares struct {
	each int

	mu    sync.Mutex
	taken map[string]int // nobody who has none
}

func newShares(each int) *shares { return &shares{each: each, taken: map[string]int{}} }

// enter takes one of somebody's places, to be given back by leave; ok is false
// where all of them are taken.
func (s *shares) enter(who string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[who] >= s.each {
		return nil, false
	}
	s.taken[who]++
	return func() { s.leave(who) }, true
}

func (s *shares) leave(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[who]--
	if s.taken[who] == 0 {
		delete(s.taken, who)
	}
}
