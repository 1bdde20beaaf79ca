package issuance_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// outcome is what a verdict comes to: keep, a cause, or the reason of a fault.
type outcome string

const (
	keep    outcome = "Keep"
	release outcome = "Release"
)

func outcomeOf(v issuance.Verdict) outcome {
	switch v.Action {
	case issuance.Mint:
		return outcome(v.Cause)
	case issuance.Refuse:
		return outcome(v.Fault.Reason)
	case issuance.Keep:
		return keep
	case issuance.Release:
		return release
	}
	return outcome("none: " + v.Action)
}

// standing is what there is of a token for the declaration.
type standing int

const (
	nothing standing = iota // none
	dead                    // one, expired
	living                  // one, alive
)

func standingOf(v issuance.Verdict, now time.Time) standing {
	switch {
	case v.Live(now):
		return living
	case v.Held != nil:
		return dead
	}
	return nothing
}

// decisions are in the order of the checks.
var decisions = []struct {
	name    string
	changes []change
	want    outcome
	leaves  standing
}{
	{"a living token for the declaration is kept", nil, keep, living},

	{"a suspended capability is left alone", []change{suspended}, v1alpha1.ReasonSuspended, living},
	{"suspended, a token may expire", []change{suspended, at(noon.Add(time.Hour))}, v1alpha1.ReasonSuspended, dead},
	{"suspended, a token that says something else is left, and counts for nothing", []change{suspended, lives("2h", "")}, v1alpha1.ReasonSuspended, nothing},
	{"suspended, no first token is issued", []change{suspended, neverIssued}, v1alpha1.ReasonSuspended, nothing},

	{"a ttl under 5s is refused", []change{lives("4s", "")}, v1alpha1.ReasonDeclarationInvalid, nothing},
	{"a ttl over 24h is refused", []change{lives("25h", "")}, v1alpha1.ReasonDeclarationInvalid, nothing},
	{"a ttl that can't be read is refused", []change{lives("1d", "")}, v1alpha1.ReasonDeclarationInvalid, nothing},
	{"a renewBefore of the whole ttl is refused", []change{lives("1h", "1h")}, v1alpha1.ReasonDeclarationInvalid, living},
	{"a renewBefore that leaves no second of the ttl is refused", []change{lives("1h", "3599.5s")}, v1alpha1.ReasonDeclarationInvalid, living},
	{"a renewBefore that leaves no second of the minted 86,399 is refused", []change{lives("24h", "86399s"), reissued(issued)}, v1alpha1.ReasonDeclarationInvalid, living},
	{"a declaration of nothing is refused", []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.Incoming = false })}, v1alpha1.ReasonDeclarationInvalid, nothing},
	{"incoming calls for nobody are refused", []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "" })}, v1alpha1.ReasonDeclarationInvalid, nothing},
	{"a client name that Twilio refuses is refused", []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "a b" })}, v1alpha1.ReasonDeclarationInvalid, nothing},

	{"another's Secret is left alone", []change{notOurs}, v1alpha1.ReasonSecretNotOwned, nothing},
	{"another's Secret is not looked into", []change{finds(func(s *issuance.Secret) { s.Ours = false })}, v1alpha1.ReasonSecretNotOwned, nothing},

	{"no account, no renewal, but the token lives", []change{noAccount}, v1alpha1.ReasonAccountNotFound, living},
	{"no account, and the token expires", []change{noAccount, at(noon.Add(time.Hour))}, v1alpha1.ReasonAccountNotFound, dead},
	{"no account, no first token", []change{noAccount, neverIssued}, v1alpha1.ReasonAccountNotFound, nothing},
	{"no account, and a token from the future counts for nothing", []change{reissued(noon.Add(time.Hour)), noAccount}, v1alpha1.ReasonAccountNotFound, nothing},
	{"an account without its SID", []change{hasSID("")}, v1alpha1.ReasonAccountKeyMissing, living},
	{"an account without its AuthToken", []change{hasAuthToken("")}, v1alpha1.ReasonAccountKeyMissing, living},
	{"an account whose SID is none", []change{hasSID("twilio")}, v1alpha1.ReasonAccountMalformed, living},
	{"an account whose AuthToken is too short", []change{hasAuthToken(authToken[:31])}, v1alpha1.ReasonAccountMalformed, living},

	{"a first Secret with a label that is not allowed is not made", []change{neverIssued, labels("argocd.argoproj.io/instance")}, v1alpha1.ReasonMetadataNotAllowed, nothing},
	{"nor with such an annotation", []change{noSecret, annotates("replicator.example.com/to")}, v1alpha1.ReasonMetadataNotAllowed, nothing},
	{"a label that is not allowed leaves a token alone", []change{labels("argocd.argoproj.io/instance")}, keep, living},
	{"a label that is not allowed lets no token expire", []change{labels("argocd.argoproj.io/instance"), at(noon.Add(30 * time.Minute))}, outcome(issuance.CauseRenewal), living},

	{"a first token", []change{neverIssued}, outcome(issuance.CauseFirstIssue), nothing},
	{"a Secret that was there before", []change{noSecret}, outcome(issuance.CauseSecretMissing), nothing},
	{"a Secret whose status tells only its name", []change{noSecret, declares(func(c *v1alpha1.ClientCapability) { c.Status.Token = nil })}, outcome(issuance.CauseSecretMissing), nothing},
	{"an empty key", []change{holds("")}, outcome(issuance.CauseTokenMissing), nothing},
	{"text that is no token", []change{holds("hello")}, outcome(issuance.CauseTokenUnreadable), nothing},
	{"half a token", []change{finds(func(s *issuance.Secret) { s.Token = s.Token[:60] })}, outcome(issuance.CauseTokenUnreadable), nothing},
	{"another account", []change{hasSID(otherSID)}, outcome(issuance.CauseAccountChanged), nothing},
	{"another account with another AuthToken", []change{hasSID(otherSID), hasAuthToken(otherAuthToken)}, outcome(issuance.CauseAccountChanged), nothing},
	{"a rotated AuthToken", []change{hasAuthToken(otherAuthToken)}, outcome(issuance.CauseSignatureInvalid), nothing},
	{"a changed byte of the signature", []change{finds(func(s *issuance.Secret) { s.Token = flip(s.Token) })}, outcome(issuance.CauseSignatureInvalid), nothing},
	{"a token from the future", []change{reissued(noon.Add(time.Second))}, outcome(issuance.CauseIssuedInFuture), nothing},
	{"a token issued this very second is kept", []change{reissued(noon)}, keep, living},
	{"a longer ttl", []change{lives("2h", "")}, outcome(issuance.CauseDeclarationChanged), nothing},
	{"a shorter ttl", []change{lives("30m", "")}, outcome(issuance.CauseDeclarationChanged), nothing},
	{"another client name", []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "support" })}, outcome(issuance.CauseDeclarationChanged), nothing},
	{"outgoing calls besides", []change{declares(func(c *v1alpha1.ClientCapability) {
		c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID}
	})}, outcome(issuance.CauseDeclarationChanged), nothing},
	{"a renewBefore that isn't due yet changes nothing", []change{lives("1h", "45m")}, keep, living},
	{"a renewBefore that is due renews", []change{lives("1h", "52m")}, outcome(issuance.CauseRenewal), living},
	{"a token in its last second", []change{at(issued.Add(time.Hour - 1))}, outcome(issuance.CauseRenewal), living},
	{"a token that has just expired", []change{at(issued.Add(time.Hour))}, outcome(issuance.CauseTokenExpired), dead},
	{"a renew request", []change{requests("2026-03-14T11:59:00Z")}, outcome(issuance.CauseRenewRequested), living},
	{"a renew request for a time to come is honoured now", []change{requests("2027-01-01T00:00:00Z")}, outcome(issuance.CauseRenewRequested), living},
	{"a due token", []change{at(issued.Add(40 * time.Minute))}, outcome(issuance.CauseRenewal), living},
	{"a token before the earliest renewal", []change{at(issued.Add(36 * time.Minute))}, keep, living},

	{"an immutable Secret with a good token", []change{immutable}, keep, living},
	{"an immutable Secret with a due token", []change{immutable, at(issued.Add(40 * time.Minute))}, v1alpha1.ReasonSecretImmutable, living},
	{"an immutable Secret with an expired token", []change{immutable, at(noon.Add(time.Hour))}, v1alpha1.ReasonSecretImmutable, dead},
	{"an immutable Secret with a wrong token", []change{immutable, holds("hello")}, v1alpha1.ReasonSecretImmutable, nothing},
	{"an immutable Secret and a label that is not allowed", []change{immutable, holds(""), labels("example.com/x")}, v1alpha1.ReasonSecretImmutable, nothing},

	{"a clock that is behind by a lifetime", []change{at(issued.Add(40 * time.Minute)), serverAt(issued.Add(100 * time.Minute))}, v1alpha1.ReasonClockSkewed, living},
	{"a clock that is behind by less", []change{at(issued.Add(40 * time.Minute)), serverAt(issued.Add(100*time.Minute - 1))}, outcome(issuance.CauseRenewal), living},
	{"a clock that is behind by years, and nothing to mint", []change{serverAt(noon.AddDate(5, 0, 0))}, keep, living},

	{"tokens on demand leave no Secret", []change{onDemand}, release, nothing},
	{"nor one that was never made", []change{onDemand, neverIssued}, release, nothing},
	{"nor one whose token is due, edited or expired", []change{onDemand, at(noon.Add(time.Hour))}, release, nothing},
	{"nor one with a label that is not allowed", []change{onDemand, labels("argocd.argoproj.io/instance")}, release, nothing},
	{"nor one that is immutable", []change{onDemand, immutable, holds("")}, release, nothing},
	{"nor one whose account is gone", []change{onDemand, noAccount}, release, nothing},
	{"tokens on demand mind nobody else's Secret", []change{onDemand, notOurs}, release, nothing},
	{"tokens on demand are never renewed on request", []change{onDemand, requests("2026-03-14T11:59:00Z")}, release, nothing},
	{"suspended, what there is is left also with tokens on demand", []change{onDemand, suspended}, v1alpha1.ReasonSuspended, nothing},
}

func TestEachCheckComesToItsVerdict(t *testing.T) {
	for _, test := range decisions {
		t.Run(test.name, func(t *testing.T) {
			f := healthy(t, test.changes...)
			v := issuance.Decide(f)
			if got := outcomeOf(v); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
			if got := standingOf(v, f.Now); got != test.leaves {
				t.Errorf("what is held: %d, not %d (nothing, dead, living)", got, test.leaves)
			}
			checkForm(t, f, v)
		})
	}
}

// checkForm checks what holds for every verdict.
func checkForm(t *testing.T, f issuance.Facts, v issuance.Verdict) {
	t.Helper()
	if v.AccountSID != "" && (!f.Capability.IsOnDemand() || v.AccountSID != f.Account.SID.Value) {
		t.Errorf("the account is said to be %q", v.AccountSID)
	}
	if (v.Held == nil) != v.RenewAt.IsZero() {
		t.Errorf("held %v, but renewed at %v", v.Held != nil, v.RenewAt)
	}
	if v.Held != nil && !v.RenewAt.Equal(issuance.RenewAt(f.Capability, *v.Held)) {
		t.Errorf("renewed at %v, not at %v", v.RenewAt, issuance.RenewAt(f.Capability, *v.Held))
	}
	switch v.Action {
	case issuance.Keep:
		if !v.Live(f.Now) || !v.RenewAt.After(f.Now) || v.Cause != "" {
			t.Errorf("kept: live %v, renewed at %v, cause %q", v.Live(f.Now), v.RenewAt, v.Cause)
		}
	case issuance.Mint:
		if v.Cause == "" {
			t.Error("minted without a cause")
		}
	case issuance.Release:
		if v.Held != nil || v.Cause != "" || v.RenewRequest != "" || !reflect.DeepEqual(v.Fault, issuance.OnDemandFault(f)) {
			t.Errorf("released: held %v, cause %q, renew request %q, fault %+v", v.Held != nil, v.Cause, v.RenewRequest, v.Fault)
		}
	case issuance.Refuse:
		if v.Fault == nil || v.Fault.Reason == "" || v.Fault.Message == "" || v.Cause != "" {
			t.Errorf("refused: fault %+v, cause %q", v.Fault, v.Cause)
		}
	default:
		t.Errorf("action %q", v.Action)
	}
}

// flip changes the first byte of a token's signature.
func flip(token string) string {
	raw := []byte(token)
	for i := len(raw) - 1; ; i-- {
		if raw[i-1] == '.' {
			raw[i] ^= 'A' ^ 'B'
			return string(raw)
		}
	}
}
