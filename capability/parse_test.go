package capability_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

func TestParseReadsWithoutAKey(t *testing.T) {
	want := everything()
	want.ExpiresAt = issued.Add(time.Hour)

	t.Run("a minted token is read back", func(t *testing.T) {
		got, err := capability.Parse(mint(t, everything()))
		wantError(t, err, nil)
		wantToken(t, got, want)
	})
	t.Run("a token of another key is read too", func(t *testing.T) {
		raw, err := capability.Mint(everything(), otherAuthToken)
		wantError(t, err, nil)
		got, err := capability.Parse(raw)
		wantError(t, err, nil)
		wantToken(t, got, want)
	})
	t.Run("a token without iat has no time of issue", func(t *testing.T) {
		got, err := capability.Parse(signed(t, headerHS256, `{`+iss+scope+exp+`}`, authToken))
		wantError(t, err, nil)
		if !got.IssuedAt.IsZero() || got.ExpiresAt.Unix() != 1773484013 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("what Mint would refuse is read all the same", func(t *testing.T) {
		got, err := capability.Parse(signed(t, headerHS256,
			`{`+iss+`"scope":"scope:client:outgoing?appSid=AP1&clientName=a+b",`+iat+`"exp":1}`, authToken))
		wantError(t, err, nil)
		if got.Grant.Outgoing == nil || got.Grant.Outgoing.ApplicationSID != "AP1" || got.Grant.ClientName != "a b" {
			t.Errorf("got %+v", got)
		}
	})
}

// Claims that are none of a capability token, whoever signed them.
var malformedClaims = []struct{ name, claims string }{
	{"no JSON", `iss`},
	{"nothing", ``},
	{"a list", `[]`},
	{"a text", `"iss"`},
	{"null", `null`},
	{"an empty object", `{}`},
	{"a trailing comma", `{` + iss + scope + exp + `,}`},
	{"a second object", `{` + iss + scope + exp + `}{}`},
	{"an open object", `{` + iss + scope + exp},
	{"no iss", `{` + scope + exp + `}`},
	{"an iss that is a number", `{"iss":1,` + scope + exp + `}`},
	{"an iss of another kind", `{"iss":"SK0123456789abcdef0123456789abcdef",` + scope + exp + `}`},
	{"no scope", `{` + iss + exp + `}`},
	{"a scope that is a list", `{` + iss + `"scope":["scope:client:incoming?clientName=tommy"],` + exp + `}`},
	{"a scope that is null", `{` + iss + `"scope":null,` + exp + `}`},
	{"no exp", `{` + iss + strings.TrimSuffix(scope, ",") + `}`},
	{"an exp that is null", `{` + iss + scope + `"exp":null}`},
	{"an exp that is a text", `{` + iss + scope + `"exp":"1773484013"}`},
	{"an exp with seven decimal places", `{` + iss + scope + `"exp":1773484013.0000001}`},
	{"an exp with a fraction and an exponent", `{` + iss + scope + `"exp":1773484013.5e0}`},
	{"an nbf below zero", `{` + iss + scope + `"nbf":-0.5,` + exp + `}`},
	{"an exp with an exponent", `{` + iss + scope + `"exp":1773484013e0}`},
	{"an exp below zero", `{` + iss + scope + `"exp":-1}`},
	{"an exp of minus zero", `{` + iss + scope + `"exp":-0}`},
	{"an exp after the year 9999", `{` + iss + scope + `"exp":253402300800}`},
	{"an exp that overflows 64 bits", `{` + iss + scope + `"exp":18446744073709551616}`},
	{"an exp that is huge", `{` + iss + scope + `"exp":1e400}`},
	{"an exp that is not a number", `{` + iss + scope + `"exp":NaN}`},
	{"an iat that is null", `{` + iss + scope + `"iat":null,` + exp + `}`},
	{"an iat with a fraction", `{` + iss + scope + `"iat":1773480413.25,` + exp + `}`},
	{"an nbf that is a text", `{` + iss + scope + `"nbf":"0",` + exp + `}`},
	{"a claim that occurs twice", `{` + iss + scope + `"exp":1,` + exp + `}`},
	{"a claim in capitals", `{"ISS":"` + accountSID + `",` + scope + exp + `}`},
	{"a claim that is not known", `{` + iss + scope + `"sub":"tommy",` + exp + `}`},
	{"the grants of an access token", `{` + iss + `"grants":{"identity":"tommy"},` + exp + `}`},
}

var malformedHeaders = []struct {
	name, header string
	want         error
}{
	{"no JSON", `alg`, capability.ErrMalformed},
	{"a list", `["HS256"]`, capability.ErrMalformed},
	{"no alg", `{"typ":"JWT"}`, capability.ErrAlgorithm},
	{"an alg that is null", `{"alg":null,"typ":"JWT"}`, capability.ErrAlgorithm},
	{"alg none", `{"alg":"none","typ":"JWT"}`, capability.ErrAlgorithm},
	{"alg in small letters", `{"alg":"hs256","typ":"JWT"}`, capability.ErrAlgorithm},
	{"alg RS256 with a key's name", `{"alg":"RS256","kid":"1","typ":"JWT"}`, capability.ErrAlgorithm},
	{"two algs", `{"alg":"none","alg":"HS256","typ":"JWT"}`, capability.ErrMalformed},
	{"an alg beside one in capitals", `{"alg":"HS256","ALG":"none","typ":"JWT"}`, capability.ErrMalformed},
	{"another typ", `{"alg":"HS256","typ":"JWS"}`, capability.ErrMalformed},
	{"a typ that is null", `{"alg":"HS256","typ":null}`, capability.ErrMalformed},
	{"the content type of an access token", `{"alg":"HS256","cty":"twilio-fpa;v=1","typ":"JWT"}`, capability.ErrMalformed},
	{"a critical extension", `{"alg":"HS256","crit":["b64"],"b64":false}`, capability.ErrMalformed},
	{"typ before alg", `{"typ":"JWT","alg":"HS256"}`, nil},
	{"alg alone", `{"alg":"HS256"}`, nil},
}

func TestForm(t *testing.T) {
	good := `{` + iss + scope + iat + exp + `}`
	for _, tc := range malformedClaims {
		t.Run("claims: "+tc.name, func(t *testing.T) {
			_, err := capability.Parse(signed(t, headerHS256, tc.claims, authToken))
			wantError(t, err, capability.ErrMalformed)
		})
	}
	for _, tc := range malformedHeaders {
		t.Run("header: "+tc.name, func(t *testing.T) {
			raw := signed(t, tc.header, good, authToken)
			_, err := capability.Parse(raw)
			wantError(t, err, tc.want)
			_, err = capability.Verify(raw, authToken, issued)
			wantError(t, err, tc.want)
		})
	}
}

func TestSegments(t *testing.T) {
	raw := mint(t, everything())
	parts := strings.Split(raw, ".")
	join := func(s ...string) string { return strings.Join(s, ".") }
	for _, tc := range []struct{ name, raw string }{
		{"nothing", ""},
		{"two dots", ".."},
		{"one segment", parts[0]},
		{"two segments", join(parts[0], parts[1])},
		{"four segments", join(parts[0], parts[1], parts[2], parts[2])},
		{"an empty header", join("", parts[1], parts[2])},
		{"no signature", join(parts[0], parts[1], "")},
		{"a cut signature", raw[:len(raw)-4]},
		{"a lengthened signature", raw + "AAAA"},
		{"a line break at the end", raw + "\n"},
		{"a line break in the signature", raw[:len(raw)-5] + "\r\n" + raw[len(raw)-5:]},
		{"a line break in the claims", join(parts[0], "\n"+parts[1], parts[2])},
		{"a space before it", " " + raw},
		{"padding", raw + "="},
		{"base64 of the other alphabet", join(parts[0], base64.StdEncoding.EncodeToString([]byte("{\"iss\":\"???>>>\"}")), parts[2])},
		{"left-over bits in the signature", raw[:len(raw)-1] + string(sibling(raw[len(raw)-1]))},
		{"the word Bearer before it", "Bearer " + raw},
		{"more than 32 KiB", raw + strings.Repeat("A", 32<<10)},
	} {
		t.Run(tc.name+" is refused", func(t *testing.T) {
			_, err := capability.Parse(tc.raw)
			wantError(t, err, capability.ErrMalformed)
			_, err = capability.Verify(tc.raw, authToken, issued)
			wantError(t, err, capability.ErrMalformed)
		})
	}
}

// sibling is the base64url digit that differs from c in the lowest bit, which is
// none of the 32 bytes' at the end of a signature.
func sibling(c byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return digits[strings.IndexByte(digits, c)^1]
}
