package tokenserver

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/capability-operator/capability-operator/issuance"
)

func TestAPatternIsReadOnce(t *testing.T) {
	var n names
	patterns := issuance.NamePatterns{Chosen: "agent-[0-9]+", Limit: "$(namespace)_.*", Namespace: "support"}
	first := n.read(patterns)
	if n.read(patterns) != first {
		t.Error("it is read again")
	}
	patterns.Namespace = "sales"
	if n.read(patterns) == first {
		t.Error("another namespace's is taken for it")
	}
	broken := issuance.NamePatterns{Chosen: "(a{1000}){1000}"}
	if first = n.read(broken); n.read(broken) != first {
		t.Error("a bad one is read again")
	}
}

// Whoever may write ClientCapabilities can write ever new patterns.
func TestHoweverManyPatternsThereAreTheyTakeNoMoreMemory(t *testing.T) {
	var n names
	var running sync.WaitGroup
	for i := range 4 {
		running.Go(func() {
			for j := range 25 {
				n.read(issuance.NamePatterns{Chosen: strings.Repeat(`\pL`, 80) + fmt.Sprint(i, j)})
			}
		})
	}
	running.Wait()
	held := 0
	for _, found := range n.kept {
		held += found.Size()
	}
	if held > namesSize || n.size > namesSize || len(n.kept) == 0 || len(n.kept) == 100 {
		t.Errorf("%d patterns with %d bytes are kept, and counted as %d", len(n.kept), held, n.size)
	}
}
