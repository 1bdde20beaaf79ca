package controllers

import (
	"math/bits"
	"sync"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// Tiers of the queue, the most urgent highest. They are few, because a metric has
// a series for each, and coarse deadlines: what a token has left, where one lives.
// They are set on every wake-up and every event, because the queue would otherwise
// hand the low priority of the initial list on for ever. Between two tiers there is
// room for the ranks that keep one namespace from standing in the way of another.
const (
	tierInDate   = -20 // nothing to do yet
	tierDue      = -10 // a renewal in its time, or what has expired anyway
	tierChanged  = 0   // new, or changed by somebody who waits for it
	tierExpiring = 10  // alive, and about to expire
	tierLast     = 20  // alive, and in its last seconds
	tierTurn     = 30  // waits, and it is its turn; see turns
)

// What is left of a token's life when its renewal goes before everything that is
// new, and before all other renewals.
const (
	expiring = 30 * time.Second
	nearEnd  = 10 * time.Second
)

// urgency is the tier of what renews a living token that has so much left.
func urgency(left time.Duration) int {
	switch {
	case left > expiring:
		return tierDue
	case left > nearEnd:
		return tierExpiring
	default:
		return tierLast
	}
}

// nextTier is the tier of the wake-up that ends the pass.
func nextTier(p *pass, now time.Time) int {
	switch {
	case p.done && p.verdict.Action == issuance.Release:
		return tierInDate
	case !p.live(now) && p.fault == nil:
		return tierChanged
	case !p.live(now):
		return tierDue
	case p.done:
		return urgency(p.token.ExpiresAt.Sub(p.renewAt))
	default:
		return urgency(p.token.ExpiresAt.Sub(now))
	}
}

// firstTier is the tier of an object that was there before this process, read
// from its status: a hint that costs nothing, where the Secret has the truth.
func firstTier(c *v1alpha1.ClientCapability, now time.Time) int {
	token := c.Status.Token
	switch {
	case c.IsOnDemand() && c.Status.ObservedGeneration == c.Generation:
		return tierInDate
	case token == nil || c.Status.ObservedGeneration != c.Generation:
		return tierChanged
	case !now.Before(token.ExpiresAt.Time):
		return tierDue
	case token.ExpiresAt.Sub(now) <= expiring:
		return urgency(token.ExpiresAt.Sub(now))
	case token.RenewsAt != nil && !now.Before(token.RenewsAt.Time):
		return tierDue
	default:
		return tierInDate
	}
}

// lowestRank is how far a rank may lower a tier without touching the next one.
const lowestRank = 9

// ranks order objects that wake together, so that the first of each namespace
// goes before the second of any, and a namespace with a thousand is not in the
// way of one with a few. The zero value is ready; it is safe for concurrent use.
type ranks struct {
	mu   sync.Mutex
	seen map[string]uint
}

// lower is tier, lowered by how many objects of the namespace came before:
// by one for one, two for two or three, three for four to seven and so on.
func (r *ranks) lower(tier int, namespace string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]uint{}
	}
	rank := bits.Len(r.seen[namespace])
	r.seen[namespace]++
	return tier - min(rank, lowestRank)
}
