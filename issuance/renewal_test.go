package issuance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

func TestTheDefaultRenewBeforeFollowsTheDesignForEveryLifetime(t *testing.T) {
	check := func(seconds int) {
		c := scheduled(v1alpha1.Duration((time.Duration(seconds) * time.Second).String()), "", "")
		want := time.Duration(max(seconds/3, min(120, seconds/2))) * time.Second
		if got := issuance.RenewBefore(c); got != want {
			t.Errorf("ttl %ds: %s, not %s", seconds, got, want)
		}
	}
	for seconds := 5; seconds <= 3600; seconds++ {
		check(seconds)
	}
	for seconds := 3600; seconds <= 86_400; seconds += 61 {
		check(seconds)
	}
	check(86_400)
}

func TestARenewBeforeThatCantBeReadIsNone(t *testing.T) {
	for _, unreadable := range []v1alpha1.Duration{"1d", "-5m", "five", "0s", " "} {
		if got := issuance.RenewBefore(scheduled("1h", unreadable, "")); got != 20*time.Minute {
			t.Errorf("%q: %s", unreadable, got)
		}
	}
}

// Whatever is declared, the renewal lies in the last tenth of the waiting time,
// a second after the issue at the earliest and never later than planned.
func TestEveryRenewalLiesWithinItsBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		ttl := time.Duration(5+rng.IntN(86_396)) * time.Second
		if rng.IntN(2) == 0 {
			ttl = time.Duration(5+rng.IntN(60)) * time.Second
		}
		c := scheduled(v1alpha1.Duration(ttl.String()), "", types.UID(fmt.Sprint(rng.Uint64())))
		if rng.IntN(3) > 0 {
			longest := min(ttl*9/10, ttl-time.Second).Truncate(time.Second)
			c.Spec.RenewBefore = v1alpha1.Duration(fmt.Sprintf("%ds", 1+rng.Int64N(int64(longest/time.Second))))
		}
		token := capability.Token{IssuedAt: issued, ExpiresAt: issued.Add(capability.Lifetime(ttl))}
		latest := token.ExpiresAt.Add(-issuance.RenewBefore(c))
		term := latest.Sub(issued)
		due := issuance.RenewAt(c, token)
		if due.After(latest) || due.Before(issued.Add(time.Second)) || term >= 2*time.Second && due.Before(latest.Add(-term/10)) {
			t.Fatalf("ttl %s, renewBefore %q: renewed %s after the issue, latest %s", ttl, c.Spec.RenewBefore, due.Sub(issued), term)
		}
	}
}

func TestTheTimeOfARenewalDependsOnTheUIDAndTheTokenAlone(t *testing.T) {
	token := capability.Token{IssuedAt: issued, ExpiresAt: issued.Add(time.Hour)}
	c := scheduled("1h", "", "8a1a4d2c-0c8e-4f0e-9d53-0a6f3a1f7c55")
	want := issuance.RenewAt(c, token)
	other := c.DeepCopy()
	other.Name, other.Namespace, other.Generation, other.ResourceVersion = "support", "default", 9, "77"
	other.Labels = map[string]string{"a": "b"}
	if got := issuance.RenewAt(other, token); !got.Equal(want) {
		t.Errorf("another name: %s, not %s", got, want)
	}
	other.UID = "8a1a4d2c-0c8e-4f0e-9d53-0a6f3a1f7c56"
	if got := issuance.RenewAt(other, token); got.Equal(want) {
		t.Error("another UID, and the same time")
	}
	later := capability.Token{IssuedAt: issued.Add(time.Minute), ExpiresAt: issued.Add(time.Hour + time.Minute)}
	if got := issuance.RenewAt(c, later); got.Equal(want.Add(time.Minute)) {
		t.Error("another token, and the same draw: who meets once would meet again each time")
	}
}

// randomUIDs are UIDs such as an API server gives out.
func randomUIDs(n int) []types.UID {
	rng := rand.New(rand.NewPCG(3, 4))
	uids := make([]types.UID, n)
	for i := range uids {
		a, b := rng.Uint64(), rng.Uint64()
		uids[i] = types.UID(fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), uint16(a>>48)&0xfff, 0x8000|uint16(b)&0x3fff, b>>16))
	}
	return uids
}

func TestAThousandObjectsCreatedTogetherAreSpreadEvenly(t *testing.T) {
	const n, parts = 1000, 20
	for _, ttl := range []v1alpha1.Duration{"30s", "5m", "1h", "24h"} {
		var counts [parts]int
		for _, uid := range randomUIDs(n) {
			c := scheduled(ttl, "", uid)
			token := capability.Token{IssuedAt: issued, ExpiresAt: issued.Add(capability.Lifetime(ttl.Value()))}
			latest := token.ExpiresAt.Add(-issuance.RenewBefore(c))
			window := float64(latest.Sub(issued)) / 10
			counts[int(parts*float64(latest.Sub(issuance.RenewAt(c, token)))/window)]++
		}
		chi := 0.0
		for _, count := range counts {
			chi += (float64(count) - n/parts) * (float64(count) - n/parts) / (n / parts)
		}
		t.Logf("ttl %s: over %d equal parts of the window %v, chi-square %.1f", ttl, parts, counts, chi)
		if chi > 43.8 { // one even draw in a thousand is further off, with 19 degrees of freedom
			t.Errorf("ttl %s: chi-square %.1f", ttl, chi)
		}
	}
}

func TestAThousandObjectsCreatedTogetherDriftApart(t *testing.T) {
	uids := randomUIDs(1000)
	for _, ttl := range []v1alpha1.Duration{"5m", "1h"} {
		next := make([]time.Time, len(uids))
		for i := range next {
			next[i] = issued
		}
		for generation := 1; generation <= 40; generation++ {
			seconds := map[int64]int{}
			first, last := next[0].Add(1000*time.Hour), time.Time{}
			for i, uid := range uids {
				iat := next[i].Truncate(time.Second)
				next[i] = issuance.RenewAt(scheduled(ttl, "", uid), capability.Token{IssuedAt: iat, ExpiresAt: iat.Add(ttl.Value())})
				seconds[next[i].Unix()]++
				if next[i].Before(first) {
					first = next[i]
				}
				if next[i].After(last) {
					last = next[i]
				}
			}
			busiest := 0
			for _, count := range seconds {
				busiest = max(busiest, count)
			}
			if generation == 1 || generation == 10 || generation == 40 {
				t.Logf("ttl %s, renewal %d: spread over %s, %d in the busiest second", ttl, generation, last.Sub(first).Round(time.Second), busiest)
			}
			width := int(last.Sub(first) / time.Second)
			if width < 5*generation {
				t.Errorf("ttl %s, renewal %d: spread over %ds only", ttl, generation, width)
			}
		}
	}
}
