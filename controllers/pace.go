package controllers

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// pace holds a repair back where somebody else changes the Secret faster than
// is worth mending.
func (r *Reconciler) pace(p *pass) error {
	if !p.repairs(r.memory.get(p.key)) {
		return nil
	}
	if !r.memory.mayRepair(p.key, p.facts.Now) {
		return refusal{issuance.Contested(p.capability.SecretName())}
	}
	return nil
}

// paced counts a repair that was made, or overtaken by another change. One that
// failed otherwise is nobody's quarrel.
func (r *Reconciler) paced(p *pass) {
	if p.repairs(r.memory.get(p.key)) {
		r.memory.repaired(p.key, p.facts.Now)
	}
}

// repairs reports whether this pass mends what others did to the Secret: what
// it writes follows neither from the declaration nor from the time.
func (p *pass) repairs(last remembered) bool {
	if p.capability.Status.ObservedGeneration != p.capability.Generation {
		return false
	}
	if p.verdict.Action == issuance.Release {
		return true // somebody makes the Secret again that is to be gone
	}
	// What would be written now anyway is no repair, whatever else it mends: no
	// pace may keep a token from its renewal.
	due := last.renewAt != 0 && !p.facts.Now.Before(last.renewAt.time())
	switch p.verdict.Cause {
	case issuance.CauseFirstIssue:
		// Status tells of no token while the Secret goes missing in a loop.
		return saidBefore(p.capability, v1alpha1.ReasonSecretContested)
	case issuance.CauseRenewal, issuance.CauseTokenExpired:
		return !due && p.putBack(last.issued.time())
	}
	return !due
}

// putBack reports whether the Secret holds an older token than was written
// last: somebody has put it back.
func (p *pass) putBack(written time.Time) bool {
	return p.verdict.Held != nil && p.verdict.Held.IssuedAt.Before(written)
}
