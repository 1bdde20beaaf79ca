package capability_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/capability-operator/capability-operator/capability"
)

const (
	accountSID     = "AC0123456789abcdef0123456789abcdef"
	applicationSID = "AP0123456789abcdef0123456789abcdef"
	authToken      = "0123456789abcdef0123456789abcdef"
	otherAuthToken = "fedcba9876543210fedcba9876543210"
	headerHS256    = `{"alg":"HS256","typ":"JWT"}`

	keySID            = "SK0123456789abcdef0123456789abcdef"
	pushCredentialSID = "CR0123456789abcdef0123456789abcdef"
	apiSecret         = "abcdefghijklmnopqrstuvwxyzABCDEF"
	headerAccess      = `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1"}`
)

// issued is a whole second.
var issued = time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)

// sentinels are all errors that callers branch on.
var sentinels = []error{
	capability.ErrMalformed, capability.ErrAlgorithm, capability.ErrSignature, capability.ErrExpired,
	capability.ErrScope, capability.ErrGrant, capability.ErrCredentials, capability.ErrLifetime,
}

// everything grants all there is, with text that needs encoding in every place.
func everything() capability.Token {
	return capability.Token{
		AccountSID: accountSID,
		Grant: capability.Grant{
			ClientName: "tommy",
			Incoming:   true,
			Outgoing: &capability.Outgoing{
				ApplicationSID: applicationSID,
				Params:         map[string]string{"team": "support", "queue": "first & second/50%"},
			},
			EventStream: &capability.EventStream{Filters: map[string]string{"kind": "call"}},
		},
		IssuedAt: issued,
	}
}

// access is everything that an Access token can grant, in a region of its own.
func access() capability.Token {
	t := everything()
	t.Type, t.KeySID, t.Region = capability.TypeAccess, keySID, "ie1"
	t.Grant.EventStream = nil
	t.Grant.PushCredentialSID = pushCredentialSID
	return t
}

func incoming() capability.Grant {
	return capability.Grant{ClientName: "tommy", Incoming: true}
}

func mint(tb testing.TB, t capability.Token) string {
	tb.Helper()
	raw, err := capability.Mint(t, keyOf(t.Type))
	if err != nil {
		tb.Fatalf("Mint: %v", err)
	}
	return raw
}

// keyOf is the key that tokens of this type are signed with here.
func keyOf(t capability.Type) string {
	if t == capability.TypeAccess {
		return apiSecret
	}
	return authToken
}

// signed makes a token of any header and claims, as someone who has the key could.
func signed(tb testing.TB, header, claims, key string) string {
	tb.Helper()
	text := segment(header) + "." + segment(claims)
	signature, err := jwt.SigningMethodHS256.Sign(text, []byte(key))
	if err != nil {
		tb.Fatal(err)
	}
	return text + "." + segment(string(signature))
}

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// wantError checks that err matches the sentinel want and no other, or is nil
// where want is.
func wantError(tb testing.TB, err, want error) {
	tb.Helper()
	if want == nil {
		if err != nil {
			tb.Errorf("unexpected error: %v", err)
		}
		return
	}
	for _, sentinel := range sentinels {
		if got := errors.Is(err, sentinel); got != errors.Is(want, sentinel) {
			tb.Errorf("error %q: Is(%q) = %v", err, sentinel, got)
		}
	}
}

// wantToken checks that got says what want says.
func wantToken(tb testing.TB, got, want capability.Token) {
	tb.Helper()
	if got.Type != want.Type || got.AccountSID != want.AccountSID || got.KeySID != want.KeySID ||
		got.Region != want.Region || !got.Grant.Equal(want.Grant) ||
		!got.IssuedAt.Equal(want.IssuedAt) || !got.ExpiresAt.Equal(want.ExpiresAt) {
		tb.Errorf("got  %+v\nwant %+v", got, want)
	}
}
