package controllers

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// share is one pass in how many is a turn of those who wait.
	share = 4
	// crowded is after how many passes over others somebody waits in a crowd, and
	// is not just on the way to a worker.
	crowded = 32
)

// turns give those who wait for something new one pass in four while short tokens
// take all that the API server can do: they would come last for ever, since who is
// renewed is soon due again. So a new object waits for seconds at most, and ten
// thousand new ones leave the renewals three passes in four. The zero value is
// ready; it is safe for concurrent use.
type turns struct {
	mu     sync.Mutex
	queue  queue
	passes uint
	// waiting has how many passes there had been when somebody came.
	waiting map[types.NamespacedName]uint
	// Somebody waits for what came alone; what came in a crowd, as the thousand
	// users of a rotated account, has its turns after that.
	alone, crowd []types.NamespacedName
}

// announce wakes an object for news of it.
func (t *turns) announce(q queue, key types.NamespacedName, tier int) {
	t.mu.Lock()
	if t.queue = q; t.waiting == nil {
		t.waiting = map[types.NamespacedName]uint{}
	}
	if _, waits := t.waiting[key]; !waits && tier > tierDue && tier <= tierChanged {
		t.waiting[key] = t.passes
		if tier == tierChanged {
			t.alone = append(t.alone, key)
		} else {
			t.crowd = append(t.crowd, key)
		}
	}
	t.mu.Unlock()
	enqueue(q, key, tier)
}

// begins notes a pass over an object: it waits no more, and after each fourth pass
// it is the turn of who has waited longest.
func (t *turns) begins(key types.NamespacedName) {
	t.mu.Lock()
	delete(t.waiting, key)
	var next *types.NamespacedName
	t.passes++
	if t.passes%share == 0 {
		next = t.next()
	}
	q := t.queue
	t.mu.Unlock()
	if next != nil {
		enqueue(q, *next, tierTurn)
	}
}

// next skips those who have had their pass already, as almost all have unless the
// queue is crowded.
func (t *turns) next() *types.NamespacedName {
	for _, line := range []*[]types.NamespacedName{&t.alone, &t.crowd} {
		for len(*line) > 0 {
			key := (*line)[0]
			since, waits := t.waiting[key]
			if waits && t.passes-since < crowded {
				break // nor has anybody in this line who came later
			}
			if *line = (*line)[1:]; len(*line) == 0 {
				*line = nil
			}
			if waits {
				delete(t.waiting, key)
				return &key
			}
		}
	}
	return nil
}
