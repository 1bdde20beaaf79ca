package capability_test

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/capability-operator/capability-operator/capability"
)

// A good token's claims, in pieces that tables replace.
const (
	iss   = `"iss":"` + accountSID + `",`
	scope = `"scope":"scope:client:incoming?clientName=tommy",`
	iat   = `"iat":1773480413,`
	exp   = `"exp":1773484013`
)

func TestVerifyAccepts(t *testing.T) {
	raw := mint(t, everything())
	want := everything()
	want.ExpiresAt = issued.Add(time.Hour)
	for _, tc := range []struct {
		name string
		now  time.Time
	}{
		{"at the time of issue", issued},
		{"a nanosecond before expiry", want.ExpiresAt.Add(-1)},
		{"before the time of issue", issued.Add(-time.Hour)},
		{"in another time zone", issued.In(time.FixedZone("", -8*3600))},
	} {
		t.Run("a token is accepted "+tc.name, func(t *testing.T) {
			got, err := capability.Verify(raw, authToken, tc.now)
			wantError(t, err, nil)
			wantToken(t, got, want)
			if got.ExpiresAt.Location() != time.UTC || got.IssuedAt.Location() != time.UTC {
				t.Error("the times are not in UTC")
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	raw := mint(t, everything())
	for _, tc := range []struct {
		name, raw, key string
		now            time.Time
		want           error
	}{
		{"at the second of expiry", raw, authToken, issued.Add(time.Hour), capability.ErrExpired},
		{"long after expiry", raw, authToken, issued.Add(1000 * time.Hour), capability.ErrExpired},
		{"under another account's key", raw, otherAuthToken, issued, capability.ErrSignature},
		{"under another key once expired", raw, otherAuthToken, issued.Add(time.Hour), capability.ErrSignature},
		{"under the key in capitals", raw, strings.ToUpper(authToken), issued, capability.ErrSignature},
		{"under a key that was lengthened", raw, authToken + "0", issued, capability.ErrSignature},
		{"without a key", raw, "", issued, capability.ErrCredentials},
		{"under a key that is none", raw, authToken + "\x00", issued, capability.ErrCredentials},
	} {
		t.Run("a token is refused "+tc.name, func(t *testing.T) {
			got, err := capability.Verify(tc.raw, tc.key, tc.now)
			wantError(t, err, tc.want)
			wantToken(t, got, capability.Token{})
		})
	}
}

// Claims that the account's own key signed, and that still are not right.
var signedClaims = []struct {
	name, claims string
	want         error // nil: accepted
}{
	{"all claims in another order", `{` + iat + scope + iss + exp + `}`, nil},
	{"white space between the claims", "{ " + iss + "\n" + scope + "\t" + iat + exp + " }", nil},
	{"no iat, as twilio-python makes them", `{` + scope + iss + `"nbf":1773480413,` + exp + `}`, nil},
	{"times with decimal places, as newer versions of twilio-python make them",
		`{` + scope + iss + `"nbf":1773480413.123456,"exp":1773484013.0}`, nil},
	{"an exp whose decimal places alone are to come", `{` + iss + scope + `"exp":1773480413.9}`, capability.ErrExpired},
	{"a lifetime of 86,399 s", `{` + iss + scope + iat + `"exp":1773566812}`, nil},
	{"a lifetime of 86,400 s", `{` + iss + scope + iat + `"exp":1773566813}`, capability.ErrLifetime},
	{"an iat at expiry", `{` + iss + scope + `"iat":1773484013,` + exp + `}`, capability.ErrLifetime},
	{"an iat after expiry", `{` + iss + scope + `"iat":1773484014,` + exp + `}`, capability.ErrLifetime},
	{"nbf in the future", `{` + iss + scope + `"nbf":1773480414,` + exp + `}`, capability.ErrLifetime},
	{"a past expiry", `{` + iss + scope + `"exp":1773480413}`, capability.ErrExpired},
	{"an expiry in 1970", `{` + iss + scope + `"exp":0}`, capability.ErrExpired},
	{"a client name with a space", `{` + iss + `"scope":"scope:client:incoming?clientName=a+b",` + exp + `}`, capability.ErrGrant},
	{"a malformed application SID", `{` + iss + `"scope":"scope:client:outgoing?appSid=AP1",` + exp + `}`, capability.ErrGrant},
	{"an unknown scope", `{` + iss + `"scope":"scope:client:all?clientName=tommy",` + exp + `}`, capability.ErrScope},
	{"an empty scope", `{` + iss + `"scope":"",` + exp + `}`, capability.ErrScope},
}

func TestVerifySignedClaims(t *testing.T) {
	for _, tc := range signedClaims {
		t.Run(tc.name, func(t *testing.T) {
			raw := signed(t, headerHS256, tc.claims, authToken)
			_, err := capability.Verify(raw, authToken, issued)
			wantError(t, err, tc.want)
		})
		t.Run(tc.name+", under another key: that alone is told", func(t *testing.T) {
			raw := signed(t, headerHS256, tc.claims, otherAuthToken)
			_, err := capability.Verify(raw, authToken, issued)
			wantError(t, err, capability.ErrSignature)
		})
	}
	for _, tc := range malformedClaims {
		t.Run(tc.name+" is refused", func(t *testing.T) {
			raw := signed(t, headerHS256, tc.claims, authToken)
			_, err := capability.Verify(raw, authToken, issued)
			wantError(t, err, capability.ErrMalformed)
			_, err = capability.Verify(raw, otherAuthToken, issued)
			wantError(t, err, capability.ErrSignature)
		})
	}
}

func TestVerifyRefusesOtherAlgorithms(t *testing.T) {
	claims := jwt.MapClaims{"iss": accountSID, "scope": incoming().Scope(), "exp": issued.Unix() + 60}
	for _, tc := range []struct {
		method jwt.SigningMethod
		key    any
	}{
		{jwt.SigningMethodHS384, []byte(authToken)},
		{jwt.SigningMethodHS512, []byte(authToken)},
		{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType},
	} {
		t.Run(tc.method.Alg()+" is refused", func(t *testing.T) {
			raw, err := jwt.NewWithClaims(tc.method, claims).SignedString(tc.key)
			if err != nil {
				t.Fatal(err)
			}
			_, err = capability.Verify(raw, authToken, issued)
			wantError(t, err, capability.ErrAlgorithm)
			_, err = capability.Parse(raw)
			wantError(t, err, capability.ErrAlgorithm)
		})
	}
}
