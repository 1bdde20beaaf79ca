package controllers

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// causes says, for an event, why a token was issued anew. Routine renewals have
// no event: an event for each would bury those that tell something.
var causes = map[issuance.Cause]string{
	issuance.CauseTokenExpired:       "the former token had expired",
	issuance.CauseSecretMissing:      "the Secret was missing: deleted, or its name was changed",
	issuance.CauseTokenMissing:       "the Secret had no token under the key",
	issuance.CauseTokenUnreadable:    "what the Secret held was no token",
	issuance.CauseSignatureInvalid:   "the token was not signed with the account's present credentials: rotated, or edited by hand",
	issuance.CauseAccountChanged:     "the token spoke for another account or region",
	issuance.CauseDeclarationChanged: "the declaration changed",
	issuance.CauseIssuedInFuture:     "the token was issued in the future, by a clock that was ahead",
	issuance.CauseRenewRequested:     "a renewal was requested",
}

// Reasons of events.
const (
	eventIssued   = "Issued"
	eventReissued = "Reissued"
	eventRemoved  = "Removed"
)

// tell records events: on the first issue, on a re-issue for a cause, on the
// removal of a Secret that is declared no more, and when the reason turned for
// which something fails. What happened before a status that could not be written
// is told of now.
func (r *Reconciler) tell(p *pass) {
	name, minted := p.capability.SecretName(), r.memory.tell(p.key)
	if minted == issuance.CauseFirstIssue {
		r.Recorder.Eventf(p.capability, nil, corev1.EventTypeNormal, eventIssued, "Issue", "Issued the first token into Secret %q", name)
	} else if why, ok := causes[minted]; ok {
		r.Recorder.Eventf(p.capability, nil, corev1.EventTypeNormal, eventReissued, "Issue", "Issued a new token into Secret %q: %s", name, why)
	}
	if gone := r.memory.tellRemoved(p.key); gone != "" {
		r.Recorder.Eventf(p.capability, nil, corev1.EventTypeNormal, eventRemoved, "Remove", "Removed Secret %q: spec.delivery is OnDemand", gone)
	}
	fault := p.trouble()
	if fault == nil || fault.Reason == v1alpha1.ReasonSuspended || saidBefore(p.capability, fault.Reason) {
		return
	}
	r.Recorder.Eventf(p.capability, nil, corev1.EventTypeWarning, fault.Reason, "Issue", "%s", fault.Message)
}

// saidBefore reports whether a condition already gave this reason for what fails.
func saidBefore(c *v1alpha1.ClientCapability, reason string) bool {
	for _, kind := range []string{v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if hasReason(c, kind, reason) {
			return true
		}
	}
	return false
}
