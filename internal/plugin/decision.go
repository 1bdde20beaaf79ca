package plugin

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
	"github.com/capability-operator/capability-operator/issuance"
)

// Decision is what is to become of the token, and why.
type Decision struct {
	// Action is Keep, Mint, Refuse or Release.
	Action string `json:"action"`
	// Cause is why a token is minted, Reason why none is.
	Cause  string `json:"cause,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Why says it in words.
	Why string `json:"why"`
	// From says what it rests on: the rules of the operator and what the caller may
	// read, or status alone.
	From string `json:"from"`
	// Unread is what the caller may not read, and would be needed to decide.
	Unread []string `json:"unread,omitempty"`
	// Note says where the decision and status differ.
	Note string `json:"note,omitempty"`
}

// What a decision rests on.
const (
	fromRules  = "rules"
	fromStatus = "status"
)

// causes say why a new token is due.
var causes = map[issuance.Cause]string{
	issuance.CauseFirstIssue:         "there has been no token yet",
	issuance.CauseRenewal:            "the time of its renewal has come",
	issuance.CauseTokenExpired:       "the token in the Secret has expired",
	issuance.CauseSecretMissing:      "there is no Secret of that name any more: it was deleted, or the declared name has changed",
	issuance.CauseTokenMissing:       "the Secret has nothing under the declared key",
	issuance.CauseTokenUnreadable:    "what the Secret holds under the declared key is no token",
	issuance.CauseSignatureInvalid:   "the token is not signed with the account's present credentials: those were changed, or the token was edited",
	issuance.CauseAccountChanged:     "the token speaks for another account or region",
	issuance.CauseDeclarationChanged: "the token says something else than the declaration",
	issuance.CauseIssuedInFuture:     "the token says that it was issued later than now, by a clock that was ahead",
	issuance.CauseRenewRequested:     "a renewal was requested, and this token does not answer it",
}

// decide has the operator's own rules decide where their facts are known.
func (s *Session) decide(f *facts, h Health) Decision {
	if !f.decidable() || h.Reason == advice.Deleting {
		return decisionFromStatus(f, h)
	}
	verdict := issuance.Decide(f.decisionFacts(s))
	d := Decision{Action: string(verdict.Action), Cause: string(verdict.Cause), From: fromRules}
	if verdict.Fault != nil {
		d.Reason = verdict.Fault.Reason
	}
	now := s.Clock.Now()
	switch verdict.Action {
	case issuance.Keep:
		d.Why = "Keep the token until its renewal, " + moment(now, verdict.RenewAt) +
			". It says what is declared, and the account's present credentials have signed it."
		d.Note = unexplained(h)
	case issuance.Mint:
		d.Why = "A new token is due: " + causes[verdict.Cause] + "."
		d.Note = notWritten(h)
	case issuance.Refuse:
		d.Why = h.because("No new token", verdict.Fault.Reason, verdict.Fault.Message)
		if verdict.Live(now) {
			d.Why += " The one in the Secret expires " + moment(now, verdict.Held.ExpiresAt) + "."
		}
		d.Note = differs(h, d.Reason)
	case issuance.Release:
		d.Why = "No Secret is kept: tokens are made on demand, and a request would be granted now."
		if verdict.Fault != nil {
			d.Why = h.because("No request is granted", verdict.Fault.Reason, verdict.Fault.Message)
		}
		d.Note = differs(h, d.Reason)
	}
	return d
}

// because gives a reason, with its message where that was not told before.
func (h Health) because(what, reason, message string) string {
	if reason == h.Reason {
		return what + ", because of " + reason + "."
	}
	return what + ", because of " + reason + ": " + message
}

// unexplained is about a token that can stay, of an object with which something is
// wrong all the same.
func unexplained(h Health) string {
	if !h.Fault || h.Reason == advice.Pending || h.Reason == advice.Overdue {
		return ""
	}
	return "The token is not what is wrong; " + h.Reason + " is about the rest, as told above."
}

// notWritten is about a token that is due and has not come.
func notWritten(h Health) string {
	switch {
	case !h.Fault:
		return "The operator does that within seconds. If this stays so, it does not run."
	case h.Reason == advice.Pending, h.Reason == advice.Overdue:
		return "The operator has not done it."
	}
	return "It can't be written: " + h.Reason + "."
}

// differs is about a fault that status does not tell, or of which it tells another.
func differs(h Health, reason string) string {
	switch {
	case reason == "" && !h.Fault, reason == h.Reason:
		return ""
	case h.Fault:
		return "Status says " + h.Reason + ". The operator follows within seconds; if this stays so, it does not run, or sees other facts than you."
	}
	return "Status does not say so yet. The operator follows within seconds; if this stays so, it does not run, or sees other facts than you."
}

// decisionFromStatus is for a caller who may not read what is decided on.
func decisionFromStatus(f *facts, h Health) Decision {
	d := Decision{From: fromStatus, Unread: f.unread, Action: string(issuance.Keep)}
	token := f.capability.Status.Token
	switch {
	case f.capability.IsOnDemand() && !h.Fault:
		d.Action, d.Why = string(issuance.Release), "No Secret is kept: tokens are made on demand, and a request would be granted now."
	case h.Fault || h.Reason == v1alpha1.ReasonSuspended:
		d.Action, d.Reason, d.Why = string(issuance.Refuse), h.Reason, h.because("No new token", h.Reason, h.Message)
	case token != nil && token.RenewsAt != nil:
		d.Why = "Keep the token until its renewal, at " + token.RenewsAt.UTC().Format(time.RFC3339) + "."
	default:
		d.Why = h.Message
	}
	return d
}
