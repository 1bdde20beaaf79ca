package capability_test

import (
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// A good Access token's claims, in pieces that tables replace.
const (
	jti      = `"jti":"` + keySID + `-1773480413",`
	keyIss   = `"iss":"` + keySID + `",`
	sub      = `"sub":"` + accountSID + `",`
	parties  = jti + keyIss + sub
	identity = `"identity":"tommy",`
	callable = `"voice":{"incoming":{"allow":true}}`
	dial     = `"outgoing":{"application_sid":"` + applicationSID + `"`
)

func accessClaims(grants string) string {
	return `{` + parties + iat + exp + `,"grants":{` + grants + `}}`
}

// Claims of Access tokens that the key itself signed.
var signedAccessClaims = []struct {
	name, claims string
	want         error // nil: accepted
}{
	{"incoming", accessClaims(identity + callable), nil},
	{"outgoing without incoming", accessClaims(identity + `"voice":{` + dial + `}}`), nil},
	{"empty params", accessClaims(identity + `"voice":{` + dial + `,"params":{}}}`), nil},
	{"text in escapes", accessClaims(`"identity":"t\u006fmmy","voice":{` + dial + `,"params":{"\ud83d\ude00":"\u0000\\u"}}}`), nil},
	{"a jti of another second", `{"jti":"` + keySID + `-1773480414",` + keyIss + sub + iat + exp + `,"grants":{` +
		identity + callable + `}}`, nil},
	{"no iat, and an nbf", `{` + parties + `"nbf":1773480413,` + exp + `,"grants":{` + callable + `,"identity":"tommy"}}`, nil},
	{"a lifetime of 86,400 s", `{` + parties + iat + `"exp":1773566813,"grants":{` + identity + callable + `}}`, capability.ErrLifetime},
	{"nbf in the future", `{` + parties + `"nbf":1773480414,` + exp + `,"grants":{` + identity + callable + `}}`, capability.ErrLifetime},
	{"a past expiry", `{` + parties + `"exp":1773480413,"grants":{` + identity + callable + `}}`, capability.ErrExpired},
	{"no identity", accessClaims(callable), capability.ErrGrant},
	{"an identity with a space", accessClaims(`"identity":"tommy support",` + callable), capability.ErrGrant},
	{"a voice grant of nothing", accessClaims(identity + `"voice":{}`), capability.ErrGrant},
	{"a malformed application SID", accessClaims(identity + `"voice":{"outgoing":{"application_sid":"AP1"}}`), capability.ErrGrant},
	{"a malformed push credential", accessClaims(identity + `"voice":{"incoming":{"allow":true},"push_credential_sid":"CR1"}`),
		capability.ErrGrant},

	{"no grants", accessClaims(``), capability.ErrScope},
	{"grants that are a list", `{` + parties + iat + exp + `,"grants":[]}`, capability.ErrScope},
	{"grants that are null", `{` + parties + iat + exp + `,"grants":null}`, capability.ErrScope},
	{"no voice grant", accessClaims(`"identity":"tommy"`), capability.ErrScope},
	{"a voice grant that is null", accessClaims(identity + `"voice":null`), capability.ErrScope},
	{"another product's grant", accessClaims(identity + callable + `,"video":{}`), capability.ErrScope},
	{"an identity that is a number", accessClaims(`"identity":1,` + callable), capability.ErrScope},
	{"an empty identity", accessClaims(`"identity":"",` + callable), capability.ErrScope},
	{"two identities", accessClaims(identity + identity + callable), capability.ErrScope},
	{"two voice grants", accessClaims(identity + callable + `,` + callable), capability.ErrScope},
	{"an endpoint", accessClaims(identity + `"voice":{"incoming":{"allow":true},"endpoint_id":"x"}`), capability.ErrScope},
	{"incoming that is not allowed", accessClaims(identity + `"voice":{"incoming":{"allow":false}}`), capability.ErrScope},
	{"incoming of a text", accessClaims(identity + `"voice":{"incoming":{"allow":"true"}}`), capability.ErrScope},
	{"incoming of nothing", accessClaims(identity + `"voice":{"incoming":{}}`), capability.ErrScope},
	{"incoming that is true", accessClaims(identity + `"voice":{"incoming":true}`), capability.ErrScope},
	{"incoming with more than allow", accessClaims(identity + `"voice":{"incoming":{"allow":true,"from":"x"}}`), capability.ErrScope},
	{"outgoing that is null", accessClaims(identity + `"voice":{"outgoing":null}`), capability.ErrScope},
	{"outgoing without an application", accessClaims(identity + `"voice":{"outgoing":{"params":{}}}`), capability.ErrScope},
	{"outgoing with an empty application", accessClaims(identity + `"voice":{"outgoing":{"application_sid":""}}`), capability.ErrScope},
	{"outgoing with more", accessClaims(identity + `"voice":{` + dial + `,"x":1}}`), capability.ErrScope},
	{"params that are null", accessClaims(identity + `"voice":{` + dial + `,"params":null}}`), capability.ErrScope},
	{"params that are a text", accessClaims(identity + `"voice":{` + dial + `,"params":"a=b"}}`), capability.ErrScope},
	{"params with a number", accessClaims(identity + `"voice":{` + dial + `,"params":{"a":1}}}`), capability.ErrScope},
	{"params that occur twice", accessClaims(identity + `"voice":{` + dial + `,"params":{"a":"b","a":"b"}}}`), capability.ErrScope},
	{"params that occur twice in two spellings", accessClaims(identity + `"voice":{` + dial + `,"params":{"a":"b","\u0061":"b"}}}`),
		capability.ErrScope},
	{"an empty push credential", accessClaims(identity + `"voice":{"push_credential_sid":""}`), capability.ErrScope},

	{"no jti", `{` + keyIss + sub + iat + exp + `,"grants":{` + identity + callable + `}}`, capability.ErrMalformed},
	{"a jti of another key", `{"jti":"SK` + strings.Repeat("0", 32) + `-1",` + keyIss + sub + exp + `,"grants":{}}`, capability.ErrMalformed},
	{"a jti without a time", `{"jti":"` + keySID + `-",` + keyIss + sub + exp + `,"grants":{}}`, capability.ErrMalformed},
	{"a jti with a sign", `{"jti":"` + keySID + `-+1",` + keyIss + sub + exp + `,"grants":{}}`, capability.ErrMalformed},
	{"a jti with a time beyond all calendars", `{"jti":"` + keySID + `-1000000000000",` + keyIss + sub + exp + `,"grants":{}}`,
		capability.ErrMalformed},
	{"the account for the key", `{` + jti + iss + sub + exp + `,"grants":{}}`, capability.ErrMalformed},
	{"no sub", `{` + jti + keyIss + exp + `,"grants":{}}`, capability.ErrMalformed},
	{"a sub of another kind", `{` + jti + keyIss + `"sub":"` + keySID + `",` + exp + `,"grants":{}}`, capability.ErrMalformed},
	{"a scope beside the grants", `{` + parties + scope + exp + `,"grants":{` + identity + callable + `}}`, capability.ErrMalformed},
	{"a capability token's claims", `{` + iss + scope + iat + exp + `}`, capability.ErrMalformed},
	{"no claim grants", `{` + parties + exp + `}`, capability.ErrMalformed},
	{"no exp", `{` + parties + `"grants":{}}`, capability.ErrMalformed},
	{"half of a surrogate pair", accessClaims(`"identity":"\ud83d",` + callable), capability.ErrMalformed},
	{"the other half alone", accessClaims(`"identity":"\ude00",` + callable), capability.ErrMalformed},
	{"two first halves", accessClaims(`"identity":"\ud83d\ud83d",` + callable), capability.ErrMalformed},
	{"half of a pair before another escape", accessClaims(`"identity":"\ud83d\n\ude00",` + callable), capability.ErrMalformed},
	{"text that is not UTF-8", accessClaims("\"identity\":\"\xff\"," + callable), capability.ErrMalformed},
}

func TestVerifySignedAccessClaims(t *testing.T) {
	for _, tc := range signedAccessClaims {
		t.Run(tc.name, func(t *testing.T) {
			raw := signed(t, headerAccess, tc.claims, apiSecret)
			_, err := capability.Verify(raw, apiSecret, issued)
			wantError(t, err, tc.want)
			_, err = capability.Verify(raw, authToken, issued)
			wantError(t, err, capability.ErrSignature)
		})
	}
}

func TestAccessHeaders(t *testing.T) {
	for _, tc := range []struct {
		name, header, region string
		want                 error
	}{
		{"in another order", `{"cty":"twilio-fpa;v=1","typ":"JWT","alg":"HS256"}`, "", nil},
		{"with a region", `{"typ":"JWT","twr":"au1","alg":"HS256","cty":"twilio-fpa;v=1"}`, "au1", nil},
		{"with an empty region", `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","twr":""}`, "", capability.ErrMalformed},
		{"with a region that is none", `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","twr":"dublin"}`, "", capability.ErrMalformed},
		{"with two regions", `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","twr":"us1","twr":"ie1"}`, "", capability.ErrMalformed},
		{"of another version", `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=2"}`, "", capability.ErrMalformed},
		{"with a content type that is null", `{"alg":"HS256","typ":"JWT","cty":null}`, "", capability.ErrMalformed},
		{"with a content type in capitals", `{"alg":"HS256","typ":"JWT","CTY":"twilio-fpa;v=1"}`, "", capability.ErrMalformed},
		{"without a typ", `{"alg":"HS256","cty":"twilio-fpa;v=1"}`, "", capability.ErrMalformed},
		{"with a key's name", `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","kid":"1"}`, "", capability.ErrMalformed},
		{"with a region and no content type", `{"alg":"HS256","typ":"JWT","twr":"us1"}`, "", capability.ErrMalformed},
		{"of another algorithm", `{"alg":"HS512","typ":"JWT","cty":"twilio-fpa;v=1"}`, "", capability.ErrAlgorithm},
	} {
		t.Run("a header "+tc.name, func(t *testing.T) {
			raw := signed(t, tc.header, accessClaims(identity+callable), apiSecret)
			got, err := capability.Parse(raw)
			wantError(t, err, tc.want)
			_, err = capability.Verify(raw, apiSecret, issued)
			wantError(t, err, tc.want)
			if got.Region != tc.region {
				t.Errorf("the region is %q", got.Region)
			}
		})
	}
}

func TestAccessTokensAreReadBack(t *testing.T) {
	want := access()
	want.ExpiresAt = issued.Add(time.Hour)
	raw := mint(t, access())
	t.Run("by Parse, without a key", func(t *testing.T) {
		got, err := capability.Parse(raw)
		wantError(t, err, nil)
		wantToken(t, got, want)
	})
	t.Run("by Verify, until the second of expiry", func(t *testing.T) {
		got, err := capability.Verify(raw, apiSecret, want.ExpiresAt.Add(-1))
		wantError(t, err, nil)
		wantToken(t, got, want)
		_, err = capability.Verify(raw, apiSecret, want.ExpiresAt)
		wantError(t, err, capability.ErrExpired)
	})
	t.Run("as Access, also where the key is shared with a capability token", func(t *testing.T) {
		asCapability, err := capability.Mint(everything(), apiSecret)
		wantError(t, err, nil)
		for kind, raw := range map[capability.Type]string{capability.TypeAccess: raw, capability.TypeCapability: asCapability} {
			got, err := capability.Verify(raw, apiSecret, issued)
			wantError(t, err, nil)
			if got.Type != kind {
				t.Errorf("%v is read as %v", kind, got.Type)
			}
		}
		head, _, _ := strings.Cut(raw, ".")
		_, rest, _ := strings.Cut(asCapability, ".")
		_, err = capability.Verify(head+"."+rest, apiSecret, issued)
		wantError(t, err, capability.ErrSignature)
	})
}
