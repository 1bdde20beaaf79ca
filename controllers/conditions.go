package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

const (
	messageValid      = "The Secret holds a valid token for this declaration."
	messageOnDemand   = "A request for a token would be granted now."
	messageUnreadable = " The annotation " + v1alpha1.RenewRequestedAtAnnotation + " is no RFC 3339 time such as 2026-01-02T15:04:05Z, and is ignored."
	messageExpired    = "The token has expired and could not be renewed. "
)

// conditions are the object's conditions after this pass, with the times of
// their last transitions kept where nothing turned.
func (p *pass) conditions(now time.Time) []metav1.Condition {
	conditions := append([]metav1.Condition(nil), p.capability.Status.Conditions...)
	for _, kind := range []string{v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if !p.applies(kind, now) {
			meta.RemoveStatusCondition(&conditions, kind)
		}
	}
	set := func(c metav1.Condition) {
		c.ObservedGeneration = p.capability.Generation
		c.LastTransitionTime = wholeSeconds(now)
		meta.SetStatusCondition(&conditions, c)
	}
	set(p.ready(now))
	fault := p.trouble()
	for _, kind := range []string{v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if p.applies(kind, now) {
			set(metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: fault.Reason, Message: fault.Message})
		}
	}
	return conditions
}

// trouble is what stands in the way: a user's fault or a failed call.
func (p *pass) trouble() *issuance.Fault {
	if p.err != nil {
		return callFailed(p.err)
	}
	return p.fault
}

// withholdsReady tells the faults for which a living token does not do: the
// declaration is not fulfilled, whatever the token says.
func withholdsReady(fault *issuance.Fault) bool { return fault != nil && fault.Withheld }

// applies says which of the abnormal conditions are True: RenewalFailing while
// the token lives on, Reconciling or Stalled while there is none, as there never
// is with tokens on demand.
func (p *pass) applies(kind string, now time.Time) bool {
	fault := p.trouble()
	if fault == nil {
		return false
	}
	ready := p.live(now) && !withholdsReady(fault)
	switch kind {
	case v1alpha1.RenewalFailingCondition:
		return ready && fault.Reason != v1alpha1.ReasonSuspended
	case v1alpha1.ReconcilingCondition:
		return !ready && fault.Waiting
	default:
		return !ready && !fault.Waiting
	}
}

func (p *pass) ready(now time.Time) metav1.Condition {
	fault := p.trouble()
	ready := metav1.Condition{Type: v1alpha1.ReadyCondition, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonTokenValid, Message: messageValid}
	if p.capability.IsOnDemand() {
		ready.Reason, ready.Message = v1alpha1.ReasonOnDemand, messageOnDemand
	}
	switch {
	case p.live(now) && !withholdsReady(fault):
		if fault != nil && fault.Reason == v1alpha1.ReasonSuspended {
			ready.Reason, ready.Message = fault.Reason, messageValid+" "+fault.Message
		}
		if _, readable := issuance.RenewRequest(p.capability); !readable {
			ready.Message += messageUnreadable
		}
	case withholdsReady(fault): // whether the token lives is not the point
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, fault.Reason, fault.Message
	case p.token != nil && !p.live(now):
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, v1alpha1.ReasonTokenExpired, messageExpired
		if fault != nil {
			ready.Message += fault.Message
		}
	case fault != nil:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, fault.Reason, fault.Message
	}
	return ready
}
