package issuance_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// selfMade is a token of any claims, as whoever has the key could write it.
func selfMade(t *testing.T, claims, key string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	signature, err := jwt.SigningMethodHS256.Sign(text, []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(signature)
}

func TestATokenThatSomebodyWroteWithTheRightKeyIsKeptOnlyIfItIsTheOneWanted(t *testing.T) {
	const scope = `scope:client:incoming?clientName=tommy`
	iat, exp := issued.Unix(), issued.Add(time.Hour).Unix()
	for _, test := range []struct {
		name, claims string
		want         outcome
	}{
		{"as the operator would", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d}`, accountSID, scope, iat, exp), keep},
		{"in another order", fmt.Sprintf(`{"exp":%d,"iat":%d,"scope":%q,"iss":%q}`, exp, iat, scope, accountSID), keep},
		{"with the begin that Twilio's Python library adds", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d,"nbf":%d}`, accountSID, scope, iat, exp, iat), keep},
		{"with a begin that is later than the issue", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d,"nbf":%d}`, accountSID, scope, iat, exp, iat+1), outcome(issuance.CauseSignatureInvalid)},
		{"without the time of issue", fmt.Sprintf(`{"iss":%q,"scope":%q,"exp":%d}`, accountSID, scope, exp), outcome(issuance.CauseIssuedInFuture)},
		{"issued in 1970", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":0,"exp":3600}`, accountSID, scope), outcome(issuance.CauseTokenExpired)},
		{"issued later than now", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d}`, accountSID, scope, noon.Unix()+1, noon.Unix()+3601), outcome(issuance.CauseIssuedInFuture)},
		{"for a second longer", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d}`, accountSID, scope, iat, exp+1), outcome(issuance.CauseDeclarationChanged)},
		{"for a second less", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d}`, accountSID, scope, iat, exp-1), outcome(issuance.CauseDeclarationChanged)},
		{"for longer than Twilio permits", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d}`, accountSID, scope, iat, iat+86_400), outcome(issuance.CauseSignatureInvalid)},
		{"ending before it begins", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d}`, accountSID, scope, iat, iat-1), outcome(issuance.CauseSignatureInvalid)},
		{"for somebody else", fmt.Sprintf(`{"iss":%q,"scope":"scope:client:incoming?clientName=support","iat":%d,"exp":%d}`, accountSID, iat, exp), outcome(issuance.CauseDeclarationChanged)},
		{"for the account's events too", fmt.Sprintf(`{"iss":%q,"scope":"%s scope:stream:subscribe?path=%%2F2010-04-01%%2FEvents","iat":%d,"exp":%d}`, accountSID, scope, iat, exp), outcome(issuance.CauseDeclarationChanged)},
		{"with a claim besides", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d,"exp":%d,"x":1}`, accountSID, scope, iat, exp), outcome(issuance.CauseTokenUnreadable)},
		{"with fractions of seconds", fmt.Sprintf(`{"iss":%q,"scope":%q,"iat":%d.5,"exp":%d}`, accountSID, scope, iat, exp), outcome(issuance.CauseTokenUnreadable)},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := healthy(t, holds(selfMade(t, test.claims, authToken)))
			v := issuance.Decide(f)
			if got := outcomeOf(v); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
			checkForm(t, f, v)
		})
	}
}

func TestADayIsMintedAsOneSecondLessAndCountsAsTheDayThatWasDeclared(t *testing.T) {
	day := lives("24h", "")
	f := healthy(t, day, reissued(issued))
	v := issuance.Decide(f)
	if got := outcomeOf(v); got != keep {
		t.Fatalf("came to %s", got)
	}
	if got := v.Held.ExpiresAt.Sub(v.Held.IssuedAt); got != 86_399*time.Second {
		t.Errorf("lives for %s", got)
	}
	if latest := issued.Add(86_399*time.Second - 8*time.Hour); v.RenewAt.After(latest) || v.RenewAt.Before(latest.Add(-96*time.Minute)) {
		t.Errorf("renewed at %s, latest %s", v.RenewAt, latest)
	}
	wanted := issuance.Wanted(f.Capability, f.Account, noon)
	if raw, err := capability.Mint(wanted, authToken); err != nil || raw != minted(t, f, noon) {
		t.Errorf("can't be minted: %v", err)
	}
	// 86,399 seconds declared are the same token.
	if got := outcomeOf(issuance.Decide(healthy(t, day, reissued(issued), lives("23h59m59s", "")))); got != keep {
		t.Errorf("declared as 23h59m59s: came to %s", got)
	}
	if got := outcomeOf(issuance.Decide(healthy(t, day, reissued(issued), lives("23h59m58s", "")))); got != outcome(issuance.CauseDeclarationChanged) {
		t.Errorf("declared as 23h59m58s: came to %s", got)
	}
}

func TestWhatIsMintedIsKept(t *testing.T) {
	for _, test := range inOrder {
		for _, fraction := range []time.Duration{0, 1, time.Second / 2, time.Second - 1} {
			f := healthy(t, test.change)
			f.Now = f.Now.Add(fraction)
			v := issuance.Decide(f)
			if v.Action != issuance.Mint {
				continue
			}
			f.Secret = &issuance.Secret{Ours: true, Token: minted(t, f, f.Now), AnsweredRenewRequest: v.RenewRequest}
			if again := issuance.Decide(f); outcomeOf(again) != keep {
				t.Errorf("%s, then %s", test.want, outcomeOf(again))
			}
		}
	}
}

func TestWantedIsWhatTheDeclarationSaysInWholeSeconds(t *testing.T) {
	c := tommy()
	c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID, Params: map[string]v1alpha1.ParamValue{"team": "support"}}
	c.Spec.EventStream = &v1alpha1.EventStream{Filters: map[string]v1alpha1.ParamValue{"EventType": "call"}}
	f := healthy(t)
	zone := time.FixedZone("", 3600)
	got := issuance.Wanted(c, f.Account, noon.Add(999*time.Millisecond).In(zone))
	want := capability.Token{
		AccountSID: accountSID,
		Grant: capability.Grant{
			ClientName: "tommy", Incoming: true,
			Outgoing:    &capability.Outgoing{ApplicationSID: applicationSID, Params: map[string]string{"team": "support"}},
			EventStream: &capability.EventStream{Filters: map[string]string{"EventType": "call"}},
		},
		IssuedAt: noon, ExpiresAt: noon.Add(time.Hour),
	}
	if got.AccountSID != want.AccountSID || !got.Grant.Equal(want.Grant) || got.IssuedAt != want.IssuedAt || got.ExpiresAt != want.ExpiresAt {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A Secret that was retained, or restored from a backup, is taken up again: what
// it holds is judged like any other.
func TestARetainedSecretIsTakenUpAgain(t *testing.T) {
	fresh := declares(func(c *v1alpha1.ClientCapability) {
		c.UID, c.Status = "another-uid", v1alpha1.ClientCapabilityStatus{ObservedGeneration: -1}
	})
	for _, test := range []struct {
		name    string
		changes []change
		want    outcome
	}{
		{"with a living token", []change{fresh}, keep},
		{"with an expired one", []change{fresh, at(noon.Add(time.Hour))}, outcome(issuance.CauseTokenExpired)},
		{"for another declaration", []change{fresh, lives("2h", "")}, outcome(issuance.CauseDeclarationChanged)},
		{"after a rotation", []change{fresh, hasAuthToken(otherAuthToken)}, outcome(issuance.CauseSignatureInvalid)},
		{"with the key's name changed", []change{fresh, holds("")}, outcome(issuance.CauseTokenMissing)},
		{"with an answered request", []change{fresh, requests("2026-03-14T11:00:00Z"), answers("2026-03-14T11:00:00Z")}, keep},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := outcomeOf(issuance.Decide(healthy(t, test.changes...))); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
		})
	}
}

func TestDecidingChangesNoFact(t *testing.T) {
	for _, test := range decisions {
		f, same := healthy(t, test.changes...), healthy(t, test.changes...)
		first := issuance.Decide(f)
		second := issuance.Decide(f)
		if outcomeOf(first) != outcomeOf(second) || !first.RenewAt.Equal(second.RenewAt) {
			t.Errorf("%s: decided twice, differently", test.name)
		}
		if !sameFacts(f, same) {
			t.Errorf("%s: the facts have changed", test.name)
		}
	}
}
