package issuance

import (
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// Action is what is to be done about a token.
type Action string

// The closed set of actions.
const (
	// Keep leaves the token in the Secret until Verdict.RenewAt.
	Keep Action = "Keep"
	// Mint writes a new token, because of Verdict.Cause.
	Mint Action = "Mint"
	// Refuse writes nothing, because of Verdict.Fault.
	Refuse Action = "Refuse"
	// Release gives the Secret up, by the deletion policy, where there is one:
	// tokens are asked for. Verdict.Fault is why a request would be refused.
	Release Action = "Release"
)

// Cause says why a token is minted.
type Cause string

// The closed set of causes.
const (
	// CauseFirstIssue: there has been no token yet.
	CauseFirstIssue Cause = "FirstIssue"
	// CauseRenewal: the token's time for renewal has come. Routine.
	CauseRenewal Cause = "Renewal"
	// CauseTokenExpired: the token expired before it could be renewed.
	CauseTokenExpired Cause = "TokenExpired"
	// CauseSecretMissing: the Secret was deleted, or its name was changed.
	CauseSecretMissing Cause = "SecretMissing"
	// CauseTokenMissing: the Secret has nothing under the wanted key.
	CauseTokenMissing Cause = "TokenMissing"
	// CauseTokenUnreadable: what is under the wanted key is no token of ours.
	CauseTokenUnreadable Cause = "TokenUnreadable"
	// CauseSignatureInvalid: the token is not signed with the account's present
	// AuthToken or API key: that was rotated, or the token was edited.
	CauseSignatureInvalid Cause = "SignatureInvalid"
	// CauseAccountChanged: the token speaks for another account or region.
	CauseAccountChanged Cause = "AccountChanged"
	// CauseDeclarationChanged: the token permits something else, or lives for
	// another time, than the declaration says.
	CauseDeclarationChanged Cause = "DeclarationChanged"
	// CauseIssuedInFuture: the token says it was issued later than now, by a
	// clock that was ahead.
	CauseIssuedInFuture Cause = "IssuedInFuture"
	// CauseRenewRequested: the annotation asked for a new token.
	CauseRenewRequested Cause = "RenewRequested"
)

// Fault is what keeps a declaration from being fulfilled, for a user to mend.
type Fault struct {
	// Reason is one of the documented reasons of package v1alpha1.
	Reason string
	// Message says what is wrong and what to do. It holds no time, no
	// credential and no token.
	Message string
	// Watched is true where a watch will tell that the fault is mended; where
	// it is false, only another read or try can tell.
	Watched bool
	// Waiting is true where what is missing may still come by itself, as an
	// account that is applied a moment later does.
	Waiting bool
	// Withheld is true where the token in the Secret, though it lives, does not
	// count as the declaration's fulfilment: what it permits was withdrawn.
	Withheld bool
}

// Verdict is what a decision comes to.
type Verdict struct {
	Action Action
	// Cause is set with Mint.
	Cause Cause
	// Fault is set with Refuse. With Keep and Mint it is set where the token
	// goes on though the declaration is not wholly fulfilled, with Release where
	// no request would be granted now.
	Fault *Fault
	// Held is the token in the Secret where it is for this declaration, alive
	// or expired; nil otherwise.
	Held *capability.Token
	// RenewAt is when the held token is due for renewal; zero without one.
	RenewAt time.Time
	// AccountSID is the account that a token on demand would speak for; empty
	// where it can't sign, and with a Secret, whose token tells.
	AccountSID string
	// RenewRequest is the outstanding or answered renew request, normalised;
	// empty where there is none.
	RenewRequest string
}

// Live reports whether the Secret holds a token for this declaration that has
// not expired at the moment now.
func (v Verdict) Live(now time.Time) bool {
	return v.Held != nil && now.Before(v.Held.ExpiresAt)
}
