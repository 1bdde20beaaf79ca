package issuance_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// scales are how long a typical lifetime is, in the first of the worlds and in
// the last.
type scales struct{ shortest, longest time.Duration }

var allScales = scales{5 * time.Second, 24 * time.Hour}

// troubles is what befalls the worlds, by the names that the report counts it under.
var troubles = []string{
	"API server down", "calls that fail", "watches cut", "writes refused", "quota exceeded",
	"manager killed", "clock set forward", "clock set back",
	"account deleted or without its label", "account without its AuthToken", "account with a malformed SID",
	"account with a malformed AuthToken", "AuthToken rotated", "AuthToken rotated and back", "account replaced by another",
	"Secret deleted", "Secret edited", "Secret edited and back", "Secret's labels edited", "Secret immutable for a while", "name taken for a while",
	"declared times changed", "declared rights changed", "declared key changed", "declaration changed and back",
	"suspended for a while", "declaration invalid for a while", "labels not allowed for a while",
	"renewal requested", "label of the object edited", "object created again",
}

func TestTheSecretNeverHoldsAnExpiredTokenWhileTheConditionsOfThePromiseHold(t *testing.T) {
	worlds, size, days := 50, scope{objects: 40, lifetimes: 150}, 10_000.0
	switch {
	case testing.Short():
		worlds, size, days = 8, scope{objects: 20, lifetimes: 60}, 0
	case underRace:
		worlds, size, days = 12, scope{objects: 20, lifetimes: 60, haste: 2}, 500
	}
	total := runWorlds(t, seedOf(t), worlds, allScales, size, realSchedule)
	total.fail(t)
	total.log(t)
	if total.worlds < worlds || days == 0 {
		return // a part of it was asked for
	}
	if total.days() < days {
		t.Errorf("%.0f object-days, not the %.0f that this is to cover", total.days(), days)
	}
	for _, name := range troubles {
		if total.faults[name] == 0 {
			t.Errorf("nothing of this happened: %s", name)
		}
	}
	for _, cause := range causes {
		if total.minted[cause] == 0 {
			t.Errorf("no token was minted for the cause %s", cause)
		}
	}
	if total.outageLives < 3 && !underRace {
		t.Errorf("the longest outage took %.1f lifetimes, not several", total.outageLives)
	}
}

// seedOf is a random seed, or the one that the environment asks for.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if asked := os.Getenv("ISSUANCE_SEED"); asked != "" {
		var err error
		if seed, err = strconv.ParseUint(asked, 10, 64); err != nil {
			t.Fatalf("ISSUANCE_SEED: %v", err)
		}
	}
	t.Logf("ISSUANCE_SEED=%d repeats this; ISSUANCE_TRAIL=1 adds what came before a violation", seed)
	return seed
}

// runWorlds runs worlds side by side, their scales evenly spread.
func runWorlds(t *testing.T, seed uint64, worlds int, from scales, size scope, s schedule) *report {
	t.Helper()
	total := newReport("")
	var mu sync.Mutex
	t.Run("world", func(t *testing.T) {
		for i := range worlds {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				share := (float64(i) + 0.5) / float64(worlds)
				scale := time.Duration(float64(from.shortest) * math.Pow(float64(from.longest)/float64(from.shortest), share))
				w := newWorld(seed, uint64(i), scale, size, s)
				w.report.title = fmt.Sprintf("%s with ISSUANCE_SEED=%d", t.Name(), seed)
				w.run()
				mu.Lock()
				defer mu.Unlock()
				total.merge(w.report)
			})
		}
	})
	return total
}
