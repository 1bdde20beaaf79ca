package capability_test

import (
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/capability"
)

// TestErrorsNameNoValue breaks each value in turn and looks for it in the message:
// errors end up in logs, and in conditions that more people may read than may read
// the Secret.
func TestErrorsNameNoValue(t *testing.T) {
	raw := mint(t, everything())
	const secret = "Sentinel5entinel5entine1"
	verify := func(raw, key string) error {
		_, err := capability.Verify(raw, key, issued)
		return err
	}
	parse := func(scope string) error {
		_, err := capability.ParseScope(scope)
		return err
	}
	withKeySID := func(sid string) error {
		token := access()
		token.KeySID = sid
		_, err := capability.Mint(token, apiSecret)
		return err
	}
	withGrants := func(grants string) error {
		return verify(signed(t, headerAccess, accessClaims(grants), apiSecret), apiSecret)
	}
	forged := func(header, claims string) error { return verify(signed(t, header, claims, authToken), authToken) }
	withScope := func(scope string) string { return `{` + iss + `"scope":"` + scope + `",` + exp + `}` }
	for name, err := range map[string]error{
		"a short key":               capability.ValidateAuthToken(secret),
		"a key with a line break":   capability.ValidateAuthToken(secret + secret + "\n"),
		"a key for an account SID":  capability.ValidateAccountSID(secret),
		"a client name":             outgoing(secret+" ", nil).Validate(),
		"an application SID":        capability.Grant{Outgoing: &capability.Outgoing{ApplicationSID: secret}}.Validate(),
		"a param":                   outgoing("", map[string]string{secret + "\xff": secret}).Validate(),
		"a token under another key": verify(raw, secret+secret),
		"a token that is no token":  verify(secret, authToken),
		"base64 that is none":       verify(secret+"*."+secret+"*."+secret, authToken),
		"a header":                  forged(`{"alg":"`+secret+`"}`, `{}`),
		"a header's member":         forged(`{"alg":"HS256","`+secret+`":""}`, `{}`),
		"claims that are no JSON":   forged(headerHS256, secret),
		"a claim":                   forged(headerHS256, `{"`+secret+`":""}`),
		"an issuer":                 forged(headerHS256, `{"iss":"`+secret+`",`+scope+exp+`}`),
		"an expiry":                 forged(headerHS256, `{`+iss+scope+`"exp":"`+secret+`"}`),
		"a capability":              forged(headerHS256, withScope(secret)),
		"a granted client name":     forged(headerHS256, withScope("scope:client:incoming?clientName="+secret+"%20")),
		"an escape":                 parse("scope:client:incoming?clientName=" + secret + "%zz"),
		"a parameter":               parse("scope:client:incoming?clientName=tommy&" + secret + "=1"),
		"a path":                    parse("scope:stream:subscribe?path=" + secret),
		"an API key's SID":          withKeySID(secret),
		"an API key's secret":       capability.ValidateAPISecret(secret),
		"a region":                  capability.ValidateRegion(secret),
		"a push credential SID":     capability.ValidatePushCredentialSID(secret),
		"a granted identity":        withGrants(`"identity":"` + secret + ` ",` + callable),
		"a grant":                   withGrants(identity + callable + `,"` + secret + `":{}`),
		"a member of voice":         withGrants(identity + `"voice":{"` + secret + `":1}`),
		"a granted param":           withGrants(identity + `"voice":{` + dial + `,"params":{"` + secret + `":1}}}`),
		"a granted application":     withGrants(identity + `"voice":{"outgoing":{"application_sid":"` + secret + `"}}`),
		"a region in a header": verify(signed(t, `{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","twr":"`+secret+`"}`,
			accessClaims(identity+callable), apiSecret), apiSecret),
	} {
		t.Run(name+" is not in the message", func(t *testing.T) {
			if err == nil {
				t.Fatal("no error")
			}
			for i := range len(secret) - 7 {
				quotes(t, err, secret[i:i+8])
			}
			quotes(t, err, "tommy")
			quotes(t, err, authToken)
		})
	}
}

func quotes(t *testing.T, err error, value string) {
	t.Helper()
	if strings.Contains(err.Error(), value) {
		t.Fatalf("the message quotes %q: %v", value, err)
	}
}
