package capability_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/capability-operator/capability-operator/capability"
)

func TestMintedAccessTokenIsWhatTwilioReads(t *testing.T) {
	raw := mint(t, access())
	segments := strings.Split(raw, ".")

	t.Run("the header has the content type and the region", func(t *testing.T) {
		want := `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","twr":"ie1"}`
		if got := decodeSegment(t, segments[0]); got != want {
			t.Errorf("header %s", got)
		}
	})
	t.Run("without a region the header has none", func(t *testing.T) {
		token := access()
		token.Region = ""
		head, _, _ := strings.Cut(mint(t, token), ".")
		if got := decodeSegment(t, head); got != headerAccess {
			t.Errorf("header %s", got)
		}
	})
	t.Run("the claims are jti, iss, sub, iat, exp and grants, and there is no nbf", func(t *testing.T) {
		want := `{"jti":"` + keySID + `-1773480413","iss":"` + keySID + `","sub":"` + accountSID + `",` + iat + exp +
			`,"grants":{"identity":"tommy","voice":{"incoming":{"allow":true},"outgoing":{"application_sid":"` +
			applicationSID + `","params":{"queue":"first & second/50%","team":"support"}},` +
			`"push_credential_sid":"` + pushCredentialSID + `"}}}`
		if got := decodeSegment(t, segments[1]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("text is escaped where JSON needs it, and not for HTML", func(t *testing.T) {
		token := access()
		token.Grant.Outgoing.Params = map[string]string{"a": `"<&>\`, "b": "<&>☎"}
		_, rest, _ := strings.Cut(mint(t, token), ".")
		body, _, _ := strings.Cut(rest, ".")
		if got := decodeSegment(t, body); !strings.Contains(got, `"params":{"a":"\"<&>\\","b":"<&>☎"}`) {
			t.Errorf("claims %s", got)
		}
	})
	t.Run("golang-jwt by itself verifies it", func(t *testing.T) {
		_, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return []byte(apiSecret), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithIssuer(keySID),
			jwt.WithSubject(accountSID), jwt.WithTimeFunc(func() time.Time { return issued }),
			jwt.WithIssuedAt(), jwt.WithExpirationRequired())
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("the same declaration gives the same token", func(t *testing.T) {
		for range 20 { // map order changes
			if mint(t, access()) != raw {
				t.Fatal("another token")
			}
		}
	})
	t.Run("a day is minted a second short", func(t *testing.T) {
		token := access()
		token.ExpiresAt = issued.Add(capability.MaxTTL)
		got, err := capability.Verify(mint(t, token), apiSecret, issued)
		wantError(t, err, nil)
		if lifetime := got.ExpiresAt.Sub(got.IssuedAt); lifetime != 86399*time.Second {
			t.Errorf("it lives for %v", lifetime)
		}
	})
}

func TestMintRefusesWhatTheTypeCannotCarry(t *testing.T) {
	ofCapability := func(change func(*capability.Token)) capability.Token {
		token := everything()
		change(&token)
		return token
	}
	ofAccess := func(change func(*capability.Token)) capability.Token {
		token := access()
		change(&token)
		return token
	}
	for _, tc := range []struct {
		name  string
		token capability.Token
		want  error
		says  string
	}{
		{"Access without a client name", ofAccess(func(t *capability.Token) { t.Grant.ClientName, t.Grant.Incoming = "", false }),
			capability.ErrGrant, "set one"},
		{"Access with the event stream",
			ofAccess(func(t *capability.Token) { t.Grant.EventStream = &capability.EventStream{} }),
			capability.ErrGrant, "use type Capability"},
		{"Access that grants nothing",
			ofAccess(func(t *capability.Token) { t.Grant.Incoming, t.Grant.Outgoing = false, nil }),
			capability.ErrGrant, "none of incoming"},
		{"Access with a malformed push credential",
			ofAccess(func(t *capability.Token) { t.Grant.PushCredentialSID = accountSID }),
			capability.ErrGrant, "CR and 32 hexadecimal digits"},
		{"Access without a key SID", ofAccess(func(t *capability.Token) { t.KeySID = "" }),
			capability.ErrCredentials, "SK and 32 hexadecimal digits"},
		{"Access with the account's SID for the key's", ofAccess(func(t *capability.Token) { t.KeySID = accountSID }),
			capability.ErrCredentials, "SK and 32 hexadecimal digits"},
		{"Access without an account", ofAccess(func(t *capability.Token) { t.AccountSID = "" }),
			capability.ErrCredentials, "AC and 32 hexadecimal digits"},
		{"Access in a malformed region", ofAccess(func(t *capability.Token) { t.Region = "dublin" }),
			capability.ErrCredentials, "us1, ie1 or au1"},
		{"Capability with a push credential",
			ofCapability(func(t *capability.Token) { t.Grant.PushCredentialSID = pushCredentialSID }),
			capability.ErrGrant, "use type Access"},
		{"Capability with a key SID", ofCapability(func(t *capability.Token) { t.KeySID = keySID }),
			capability.ErrCredentials, "use type Access"},
		{"Capability with a region", ofCapability(func(t *capability.Token) { t.Region = "ie1" }),
			capability.ErrCredentials, "us1 only"},
		{"an unknown type", ofCapability(func(t *capability.Token) { t.Type = 2 }),
			capability.ErrGrant, "neither Capability nor Access"},
	} {
		t.Run(tc.name+" is refused", func(t *testing.T) {
			raw, err := capability.Mint(tc.token, keyOf(tc.token.Type))
			wantRefusal(t, err, tc.want, tc.says)
			if raw != "" {
				t.Error("a token beside an error")
			}
		})
	}
	t.Run("a malformed API secret is refused", func(t *testing.T) {
		_, err := capability.Mint(access(), apiSecret[1:])
		wantRefusal(t, err, capability.ErrCredentials, "secret has 31 characters")
	})
}

func TestTypesHaveNames(t *testing.T) {
	for kind, want := range map[capability.Type]string{
		capability.TypeCapability: "Capability", capability.TypeAccess: "Access", 7: "Type(7)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if zero := (capability.Token{}).Type; zero != capability.TypeCapability {
		t.Errorf("the zero value is %v", zero)
	}
}

func TestRegions(t *testing.T) {
	for _, region := range []string{"us1", "ie1", "au1", "us12"} {
		t.Run(region+" is a region by form", func(t *testing.T) { wantError(t, capability.ValidateRegion(region), nil) })
	}
	for _, region := range []string{"", "us", "us0", "us01", "US1", "usa1", "us1 ", "1us", "us123", "u1", "dublin", `a"1`, "é1"} {
		t.Run(fmt.Sprintf("%q is none", region), func(t *testing.T) {
			wantRefusal(t, capability.ValidateRegion(region), capability.ErrCredentials, "us1, ie1 or au1")
		})
	}
}

func TestOtherSIDsAndSecrets(t *testing.T) {
	for _, tc := range sids {
		says := ""
		if !tc.ok {
			says = fmt.Sprintf("%d characters", 2+len([]rune(tc.rest)))
		}
		t.Run("an API key's SID with "+tc.name, func(t *testing.T) {
			wantRefusal(t, capability.ValidateAPIKeySID("SK"+tc.rest), capability.ErrCredentials, says)
		})
		t.Run("a push credential SID with "+tc.name, func(t *testing.T) {
			wantRefusal(t, capability.ValidatePushCredentialSID("CR"+tc.rest), capability.ErrGrant, says)
		})
	}
	t.Run("an API key's secret is 32 to 128 letters and digits", func(t *testing.T) {
		wantError(t, capability.ValidateAPISecret(apiSecret), nil)
		wantRefusal(t, capability.ValidateAPISecret(apiSecret[1:]), capability.ErrCredentials, "31 characters")
		wantRefusal(t, capability.ValidateAPISecret(apiSecret+"\n"), capability.ErrCredentials, "other than letters and digits")
	})
}
