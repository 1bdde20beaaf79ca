package tokenserver

import (
	"sync"

	"github.com/capability-operator/capability-operator/issuance"
)

// namesSize is about how many bytes of patterns are kept: those of thousands of
// declarations, as they are written by people.
const namesSize = 8 << 20

// names keeps patterns that have been read. What is wrong with a pattern is kept too,
// so that a bad one costs no more than a good one. The zero value is ready for use.
type names struct {
	mu   sync.RWMutex
	kept map[issuance.NamePatterns]*issuance.Names
	size int
}

// read gives what the patterns read as. Where there are too many, it begins anew: to
// remember which of them was used last would cost each request something.
func (n *names) read(patterns issuance.NamePatterns) *issuance.Names {
	n.mu.RLock()
	found := n.kept[patterns]
	n.mu.RUnlock()
	if found != nil {
		return found
	}
	found = patterns.Read() // twice at times, which is better than one after the other
	size := found.Size()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.size += size; n.kept == nil || n.size > namesSize {
		n.kept, n.size = map[issuance.NamePatterns]*issuance.Names{}, size
	}
	n.kept[patterns] = found
	return found
}
