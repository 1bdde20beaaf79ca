package plugin

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
)

// patience is how long after its time a renewal may come and still count as on time:
// a standby follows a leader that crashed after 20 seconds.
const patience = 30 * time.Second

// Health is how an object fares, by its conditions and by the clock: conditions are
// the operator's word, and an operator that does not work says nothing any more.
type Health struct {
	// Ready is true while the object does what is declared.
	Ready bool `json:"ready"`
	// Reason is one of the documented reasons; one of package advice where the
	// operator, which gives the others, has not done its part.
	Reason string `json:"reason"`
	// Message goes on from there.
	Message string `json:"message,omitempty"`
	// Fault is true where something is to be mended, also while the object is Ready.
	Fault bool `json:"fault"`
	// Expired is true where the reason has let a token expire.
	Expired bool `json:"expired,omitempty"`
}

// healthOf is how a ClientCapability fares at the moment now.
func healthOf(c *v1alpha1.ClientCapability, now time.Time) Health {
	if !c.DeletionTimestamp.IsZero() {
		return Health{Reason: advice.Deleting, Fault: true, Message: "It is being deleted, and is held back by: " + orNone(c.Finalizers) + ". Its token is not renewed any more."}
	}
	ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ReadyCondition)
	if ready == nil || c.Status.ObservedGeneration != c.Generation {
		return Health{Reason: advice.Pending, Fault: true, Message: pending(c)}
	}
	h := Health{Ready: ready.Status == metav1.ConditionTrue, Reason: ready.Reason, Message: ready.Message}
	h.Fault = !h.Ready
	for _, kind := range []string{v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if cause := meta.FindStatusCondition(c.Status.Conditions, kind); cause != nil {
			h.Expired = ready.Reason == v1alpha1.ReasonTokenExpired
			h.Reason, h.Message, h.Fault = cause.Reason, cause.Message, true
		}
	}
	return h.byTheClock(c, now)
}

func pending(c *v1alpha1.ClientCapability) string {
	if c.Status.ObservedGeneration < 1 {
		return "The operator has not looked at this ClientCapability yet."
	}
	return "The operator has not looked at the declaration since it was changed last."
}

// byTheClock looks at what an operator that does not work leaves unsaid.
func (h Health) byTheClock(c *v1alpha1.ClientCapability, now time.Time) Health {
	token := c.Status.Token
	if token == nil || c.IsOnDemand() {
		return h
	}
	expired := !now.Before(token.ExpiresAt.Time)
	switch {
	case expired && h.Ready && h.Fault: // it failed until it expired, and then nobody said so
		h.Ready, h.Expired = false, true
	case expired && h.Ready:
		return Health{
			Reason: advice.Overdue, Fault: true, Expired: true,
			Message: "The token has expired, and the operator neither replaced it nor said why.",
		}
	case !h.Fault && token.RenewsAt != nil && now.After(token.RenewsAt.Add(patience)):
		h.Reason, h.Fault = advice.Overdue, true
		h.Message = "The token lives, but its renewal is overdue, and the operator does not say why."
	}
	return h
}

// why is what a list says of it.
func (h Health) why() string {
	switch {
	case h.Fault && h.Ready:
		return "renewal fails: " + h.Reason
	case h.Expired:
		return "token expired: " + h.Reason
	case h.Fault || h.Reason == v1alpha1.ReasonSuspended:
		return h.Reason
	}
	return ""
}

// headline says how an object fares, in one sentence.
func (h Health) headline(what string) string {
	switch {
	case h.Fault && h.Ready:
		return fmt.Sprintf("%s is Ready, but its renewal fails: %s", what, h.Reason)
	case h.Expired:
		return fmt.Sprintf("%s is not Ready, its token has expired: %s", what, h.Reason)
	case h.Fault:
		return fmt.Sprintf("%s is not Ready: %s", what, h.Reason)
	case h.Reason == v1alpha1.ReasonSuspended:
		return what + " is Ready, but suspended"
	}
	return what + " is Ready"
}
