package issuance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

const (
	apiKeySID         = "SK0123456789abcdef0123456789abcdef"
	otherKeySID       = "SKfedcba9876543210fedcba9876543210"
	apiSecret         = "Zt0e2d3c4b5a69788796a5b4c3d2e1f9"
	otherAPISecret    = "Yt0e2d3c4b5a69788796a5b4c3d2e1f9"
	pushCredentialSID = "CR0123456789abcdef0123456789abcdef"
)

// access has an Access token declared, and an account that has an API key alone;
// the Secret holds such a token.
func access(t *testing.T, f *issuance.Facts) {
	t.Helper()
	wantsAccess(t, f)
	hasAuthToken("")(t, f)
	reissued(issued)(t, f)
}

// wantsAccess has an Access token declared, of an account that has an API key too.
func wantsAccess(_ *testing.T, f *issuance.Facts) {
	f.Capability.Spec.TokenType = v1alpha1.TokenTypeAccess
	f.Account.APIKey = issuance.Credential{Key: v1alpha1.DefaultAPIKeyKey, Value: apiKeySID}
	f.Account.APISecret = issuance.Credential{Key: v1alpha1.DefaultAPISecretKey, Value: apiSecret}
	f.Account.Region.Key = v1alpha1.DefaultRegionKey
}

func wantsCapability(_ *testing.T, f *issuance.Facts) {
	f.Capability.Spec.TokenType = v1alpha1.TokenTypeCapability
}

func hasAPIKey(sid, secret string) change {
	return func(_ *testing.T, f *issuance.Facts) { f.Account.APIKey.Value, f.Account.APISecret.Value = sid, secret }
}

func isOf(region string) change {
	return func(_ *testing.T, f *issuance.Facts) {
		f.Account.Region = issuance.Credential{Key: v1alpha1.DefaultRegionKey, Value: region}
	}
}

func TestAnAccessTokenIsJudgedAsACapabilityTokenIs(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		want    outcome
		leaves  standing
	}{
		{"a living one is kept", []change{access}, keep, living},
		{"also where the account has an AuthToken too", []change{access, hasAuthToken(authToken)}, keep, living},
		{"switched to, it takes a Capability token's place at once", []change{wantsAccess}, outcome(issuance.CauseDeclarationChanged), nothing},
		{"switched back from, it gives its place at once", []change{access, hasAuthToken(authToken), wantsCapability},
			outcome(issuance.CauseDeclarationChanged), nothing},
		{"its API key's secret was rotated", []change{access, hasAPIKey(apiKeySID, otherAPISecret)}, outcome(issuance.CauseSignatureInvalid), nothing},
		{"its API key was replaced", []change{access, hasAPIKey(otherKeySID, otherAPISecret)}, outcome(issuance.CauseSignatureInvalid), nothing},
		{"the API key's SID alone was mended", []change{access, hasAPIKey(otherKeySID, apiSecret)}, outcome(issuance.CauseSignatureInvalid), nothing},
		{"a rotated AuthToken is nothing to it", []change{access, hasAuthToken(otherAuthToken)}, keep, living},
		{"the account is another", []change{access, hasSID(otherSID)}, outcome(issuance.CauseAccountChanged), nothing},
		{"the account gets a region", []change{access, isOf("ie1")}, outcome(issuance.CauseAccountChanged), nothing},
		{"in a region it is kept", []change{access, isOf("ie1"), reissued(issued)}, keep, living},
		{"its push credential changes", []change{access, declares(func(c *v1alpha1.ClientCapability) { c.Spec.PushCredentialSID = pushCredentialSID })},
			outcome(issuance.CauseDeclarationChanged), nothing},
		{"it is due", []change{access, at(issued.Add(45 * time.Minute))}, outcome(issuance.CauseRenewal), living},
		{"it has expired", []change{access, at(issued.Add(time.Hour))}, outcome(issuance.CauseTokenExpired), dead},
		{"it has no API key any more, and lives on", []change{access, hasAPIKey("", "")}, v1alpha1.ReasonAccountKeyMissing, living},
		{"a Capability token is refused where it was signed for another region", []change{isOf("ie1")}, v1alpha1.ReasonRegionNotSupported, living},
		{"a Capability token is kept in us1", []change{isOf("us1")}, keep, living},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := healthy(t, test.changes...)
			v := issuance.Decide(f)
			if got := outcomeOf(v); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
			if got := standingOf(v, f.Now); got != test.leaves {
				t.Errorf("there is %v of a token, not %v", got, test.leaves)
			}
			checkForm(t, f, v)
		})
	}
}

func TestAnAccessTokenSaysWhatTheDeclarationAndTheAccountSay(t *testing.T) {
	f := healthy(t, access, isOf("ie1"), declares(func(c *v1alpha1.ClientCapability) { c.Spec.PushCredentialSID = pushCredentialSID }))
	raw, err := capability.Mint(issuance.Wanted(f.Capability, f.Account, noon), issuance.SigningKey(f.Capability, f.Account))
	if err != nil {
		t.Fatal(err)
	}
	got, err := capability.Verify(raw, apiSecret, noon)
	if err != nil {
		t.Fatal(err)
	}
	want := capability.Token{
		Type: capability.TypeAccess, AccountSID: accountSID, KeySID: apiKeySID, Region: "ie1",
		Grant:    capability.Grant{ClientName: "tommy", Incoming: true, PushCredentialSID: pushCredentialSID},
		IssuedAt: noon, ExpiresAt: noon.Add(time.Hour),
	}
	if !got.Grant.Equal(want.Grant) {
		t.Errorf("it grants %+v", got.Grant)
	}
	if got.Grant, want.Grant = (capability.Grant{}), (capability.Grant{}); got != want {
		t.Errorf("it says %+v, wanted %+v", got, want)
	}
}

// Every combination that can't be has a message that says what to do instead.
func TestWhatATokenTypeCannotCarryIsRefusedWithAReason(t *testing.T) {
	edit := func(change func(*v1alpha1.ClientCapabilitySpec)) change {
		return declares(func(c *v1alpha1.ClientCapability) { change(&c.Spec) })
	}
	for _, test := range []struct {
		name    string
		changes []change
		reason  string
		says    []string
	}{
		{"Access without an API key", []change{wantsAccess, hasAPIKey("", "")}, v1alpha1.ReasonAccountKeyMissing,
			[]string{`"TWILIO_API_KEY"`, "signed with an API key", "spec.accountRef.keys"}},
		{"Access without the API key's secret", []change{wantsAccess, hasAPIKey(apiKeySID, "")}, v1alpha1.ReasonAccountKeyMissing,
			[]string{`"TWILIO_API_SECRET"`, "signed with an API key"}},
		{"Access with an account's SID for a key", []change{wantsAccess, hasAPIKey(accountSID, apiSecret)}, v1alpha1.ReasonAccountMalformed,
			[]string{`"TWILIO_API_KEY"`, "SK and 32 hexadecimal digits"}},
		{"Access with a secret that is cut short", []change{wantsAccess, hasAPIKey(apiKeySID, "short")}, v1alpha1.ReasonAccountMalformed,
			[]string{`"TWILIO_API_SECRET"`, "5 characters"}},
		{"Access in a region that is none", []change{wantsAccess, isOf("Ireland")}, v1alpha1.ReasonAccountMalformed,
			[]string{`"TWILIO_REGION"`, "ie1"}},
		{"Access without a name", []change{wantsAccess, edit(func(s *v1alpha1.ClientCapabilitySpec) {
			s.ClientName, s.Incoming, s.Outgoing = "", false, &v1alpha1.Outgoing{ApplicationSID: applicationSID}
		})}, v1alpha1.ReasonDeclarationInvalid, []string{"client name"}},
		{"Access with an event stream", []change{wantsAccess, edit(func(s *v1alpha1.ClientCapabilitySpec) { s.EventStream = &v1alpha1.EventStream{} })},
			v1alpha1.ReasonDeclarationInvalid, []string{"event", "Capability"}},
		{"Access with a push credential of another kind", []change{wantsAccess, edit(func(s *v1alpha1.ClientCapabilitySpec) { s.PushCredentialSID = applicationSID })},
			v1alpha1.ReasonDeclarationInvalid, []string{"push credential", "CR and 32 hexadecimal digits"}},
		{"Capability with a push credential", []change{edit(func(s *v1alpha1.ClientCapabilitySpec) { s.PushCredentialSID = pushCredentialSID })},
			v1alpha1.ReasonDeclarationInvalid, []string{"push credential", "Access"}},
		{"Capability without an AuthToken, where there is an API key", []change{wantsAccess, wantsCapability, hasAuthToken("")},
			v1alpha1.ReasonAccountKeyMissing, []string{`"TWILIO_AUTH_TOKEN"`, "It has an API key", "spec.tokenType Access"}},
		{"Capability in another region", []change{isOf("au1")}, v1alpha1.ReasonRegionNotSupported,
			[]string{"au1", "us1 only", "set spec.tokenType to Access"}},
		{"Capability in a region that is none", []change{isOf("US")}, v1alpha1.ReasonAccountMalformed, []string{`"TWILIO_REGION"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := healthy(t, test.changes...)
			v := issuance.Decide(f)
			if outcomeOf(v) != outcome(test.reason) {
				t.Fatalf("came to %s, not to %s", outcomeOf(v), test.reason)
			}
			t.Log(v.Fault.Message)
			for _, part := range test.says {
				if !strings.Contains(v.Fault.Message, part) {
					t.Errorf("%q doesn't say %q", v.Fault.Message, part)
				}
			}
			checkDiscretion(t, f, v.Fault)
		})
	}
}
