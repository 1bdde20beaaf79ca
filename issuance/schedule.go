package issuance

import (
	"hash/fnv"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const (
	// kubeletMargin is the default renewBefore where a third of the lifetime
	// is less: a mounted Secret was seen to reach a running pod up to 90 s
	// after the write, and a clock or a failover takes its share too.
	kubeletMargin = 2 * time.Minute

	// shortestTerm keeps the jitter from shortening the time between two
	// renewals below the second that a token's times are counted in.
	shortestTerm = time.Second

	// shortestWait keeps any path from becoming a hot loop.
	shortestWait = 250 * time.Millisecond
	// firstWait is the first wait after a failure.
	firstWait = time.Second
	// longestAPIWait bounds the wait after a failed call to the API server.
	longestAPIWait = time.Minute
	// longestReadWait bounds the wait for a mend that no watch tells of.
	longestReadWait = 10 * time.Second
	// watchedWait is a safety net under a watch.
	watchedWait = 10 * time.Minute
)

// Idle is how long to wait where nothing is due and a watch tells of all that
// could change that.
const Idle = watchedWait

// RenewBefore is how long before its expiry the capability's token is renewed:
// as declared, else a third of the lifetime, but no less than two minutes or
// half the lifetime, whichever of these is shorter; in whole seconds.
func RenewBefore(c *v1alpha1.ClientCapability) time.Duration {
	if declared := c.Spec.RenewBefore.Value(); declared > 0 {
		return declared
	}
	ttl := c.Spec.TTL.Value()
	return max(ttl/3, min(kubeletMargin, ttl/2)).Truncate(time.Second)
}

// RenewAt is when a token of the capability is due for renewal. It lies
// renewBefore ahead of the expiry, and up to a tenth of the waiting time
// earlier: how much is read from the object's UID and the time of issue, so that
// objects that were created together drift apart and no restart draws anew.
func RenewAt(c *v1alpha1.ClientCapability, t capability.Token) time.Time {
	term := t.ExpiresAt.Sub(t.IssuedAt) - RenewBefore(c)
	early := time.Duration(float64(term) / 10 * fraction(c.UID, t.IssuedAt))
	return t.IssuedAt.Add(max(term-early, min(term, shortestTerm)))
}

// fraction maps an object and a second to a number from 0 to just below 1,
// evenly. With the object alone, two that once share a second of issue and draw
// alike would share each later one: a token's times are whole seconds, and a
// tenth of a short lifetime has few of them.
func fraction(uid types.UID, issued time.Time) float64 {
	h := fnv.New64a()
	// A hash.Hash never returns an error. What comes first is mixed best, and
	// two times differ in their last bits.
	_, _ = h.Write(strconv.AppendInt(nil, issued.Unix(), 10))
	_, _ = h.Write([]byte(uid))
	return float64(h.Sum64()>>11) / (1 << 53)
}

// Retry says how long to wait until the next try after a failure.
//
// It is as long as the failing has lasted already, so that the waits double,
// from one second on, and while the token lives no longer than a tenth of what
// is left of it; at its expiry they begin anew. The bounds are a minute after a
// failed call to the API server, and ten seconds for what a user must mend and
// no watch shows; what a watch shows needs a safety net only.
//
// A nil fault is a failed call. since is when the failing began; expiresAt is
// zero where there is no token.
func Retry(fault *Fault, now, since, expiresAt time.Time) time.Duration {
	limit := longestAPIWait
	switch {
	case fault != nil && fault.Watched:
		limit = watchedWait
	case fault != nil:
		limit = longestReadWait
	}
	left := expiresAt.Sub(now)
	if left > 0 && fault != nil && fault.Watched {
		// Nothing to try before the watch speaks, but the expiry is to be told.
		return max(min(left, limit), shortestWait)
	}
	if left > 0 {
		limit = min(limit, left/10)
	} else if since.Before(expiresAt) {
		since = expiresAt
	}
	wait := max(now.Sub(since), firstWait)
	return max(min(wait, limit), shortestWait)
}

// Wait is how long it is from now to next, and never so short that a mistaken
// time could become a hot loop.
func Wait(now, next time.Time) time.Duration {
	return max(next.Sub(now), shortestWait)
}
