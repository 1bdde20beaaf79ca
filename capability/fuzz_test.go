package capability_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// seedClaims are claims that tables elsewhere know, right and wrong ones.
func seedClaims() []string {
	var seeds []string
	for _, tc := range signedClaims {
		seeds = append(seeds, tc.claims)
	}
	for _, tc := range malformedClaims {
		seeds = append(seeds, tc.claims)
	}
	return seeds
}

// seed is a header and claims, with the key that signs them.
type seed struct{ header, claims, key string }

// seeds are all that tables elsewhere know, and what Twilio's Node library makes.
func seeds(f *testing.F) []seed {
	var all []seed
	for _, claims := range append(seedClaims(), `{`+iss+scope+iat+exp+`}`) {
		all = append(all, seed{headerHS256, claims, authToken})
	}
	for _, tc := range malformedHeaders {
		all = append(all, seed{tc.header, `{` + iss + scope + exp + `}`, authToken})
	}
	for _, tc := range signedAccessClaims {
		all = append(all, seed{headerAccess, tc.claims, apiSecret})
	}
	for _, v := range readVectors(f, "access.json").Vectors {
		segments := strings.Split(v.Token, ".")
		header, headerErr := base64.RawURLEncoding.DecodeString(segments[0])
		claims, claimsErr := base64.RawURLEncoding.DecodeString(segments[1])
		if headerErr != nil || claimsErr != nil {
			f.Fatal(headerErr, claimsErr)
		}
		all = append(all, seed{string(header), string(claims), apiSecret})
	}
	return all
}

// FuzzParse: what is read has a form that is worth reading, whatever it was made
// of, and only known errors are returned.
func FuzzParse(f *testing.F) {
	for _, token := range tokens {
		f.Add(mint(f, token))
	}
	for _, s := range seeds(f) {
		f.Add(signed(f, s.header, s.claims, s.key))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := capability.Parse(raw)
		if err != nil {
			wantAnyOf(t, err, capability.ErrMalformed, capability.ErrAlgorithm, capability.ErrScope)
			wantToken(t, got, capability.Token{})
			return
		}
		wantError(t, capability.ValidateAccountSID(got.AccountSID), nil)
		if got.ExpiresAt.IsZero() || got.ExpiresAt.Nanosecond() != 0 || got.IssuedAt.Nanosecond() != 0 {
			t.Errorf("times %v to %v", got.IssuedAt, got.ExpiresAt)
		}
		if got.Type == capability.TypeAccess {
			wantError(t, capability.ValidateAPIKeySID(got.KeySID), nil)
			return
		}
		if got.KeySID != "" || got.Region != "" {
			t.Errorf("a capability token of %+v", got)
		}
		wantScopeOf(t, got.Grant)
	})
}

// FuzzVerify: nothing is accepted that was not signed with the key, and what is
// accepted is what Mint could have said.
func FuzzVerify(f *testing.F) {
	known := map[string]bool{}
	for _, s := range seeds(f) {
		raw := signed(f, s.header, s.claims, s.key)
		known[raw] = true
		f.Add(raw, s.header, s.claims)
	}
	f.Fuzz(func(t *testing.T, raw, header, claims string) {
		for _, key := range []string{authToken, apiSecret} {
			if _, err := capability.Verify(raw, key, issued); err == nil && !known[raw] {
				t.Errorf("accepted a token that nobody signed: %q", raw)
			}
		}
		for _, key := range []string{authToken, apiSecret} {
			verifyAsParsed(t, signed(t, header, claims, key), key)
		}
	})
}

// verifyAsParsed checks what is accepted of a token that key signed.
func verifyAsParsed(t *testing.T, raw, key string) {
	t.Helper()
	if _, err := capability.Verify(raw, otherAuthToken, issued); err == nil {
		t.Errorf("accepted under another key: %q", raw)
	}
	got, err := capability.Verify(raw, key, issued)
	parsed, parseErr := capability.Parse(raw)
	if err != nil {
		wantAnyOf(t, err, sentinels...)
		return
	}
	wantError(t, parseErr, nil)
	wantToken(t, parsed, got)
	if !issued.Before(got.ExpiresAt) {
		t.Errorf("accepted after %v", got.ExpiresAt)
	}
	if got.IssuedAt.IsZero() || got.ExpiresAt.Sub(got.IssuedAt) < 0 {
		return // nothing that Mint could be asked for
	}
	again, err := capability.Parse(mint(t, got))
	wantError(t, err, nil)
	wantToken(t, again, got)
}

// FuzzParseScope: what is read is written so that it reads the same.
func FuzzParseScope(f *testing.F) {
	for _, tc := range scopes {
		f.Add(tc.scope)
	}
	for _, tc := range foreignScopes {
		f.Add(tc.scope)
	}
	for _, tc := range badScopes {
		f.Add(tc.scope)
	}
	f.Fuzz(func(t *testing.T, scope string) {
		g, err := capability.ParseScope(scope)
		if err != nil {
			wantError(t, err, capability.ErrScope)
			return
		}
		wantScopeOf(t, g)
	})
}

// FuzzChangedByte: a token with one byte changed is not accepted.
func FuzzChangedByte(f *testing.F) {
	f.Add(true, uint16(0), byte('f'))
	f.Add(false, uint16(40), byte('\n'))
	f.Add(true, uint16(200), byte('='))
	raws := map[bool]string{false: mint(f, everything()), true: mint(f, access())}
	f.Fuzz(func(t *testing.T, isAccess bool, at uint16, value byte) {
		raw, key := raws[isAccess], authToken
		if isAccess {
			key = apiSecret
		}
		changed := []byte(raw)
		changed[int(at)%len(raw)] = value
		if string(changed) != raw {
			refuse(t, key, string(changed))
		}
	})
}

// FuzzMintRoundTrip: what is minted verifies for its whole life and says what was
// asked for; what is not minted is refused with a reason.
func FuzzMintRoundTrip(f *testing.F) {
	f.Add("tommy", "", "", false, true, true, true, applicationSID, "team", "support", issued.Unix(), int64(3600))
	f.Add("", "", "", false, false, true, false, applicationSID, "a&b=c", "% +☎\x00", int64(0), int64(5))
	f.Add("support", "", "", false, true, false, false, "", "", "", issued.Unix(), int64(86400))
	f.Add("tömmy", "", "", false, false, false, true, "AP", "\xff", strings.Repeat("x", 800), int64(-1), int64(86401))
	f.Add("tommy", "ie1", pushCredentialSID, true, true, true, false, applicationSID, "\"\\<\u2028", "\x00\x7f&☎", issued.Unix(), int64(60))
	f.Add("tommy", "dublin", "CR1", true, true, true, false, applicationSID, "", "", issued.Unix(), int64(60))
	f.Fuzz(func(t *testing.T, client, region, push string, isAccess, in, out, stream bool,
		app, name, value string, iat, ttl int64) {
		want := capability.Token{
			AccountSID: accountSID,
			Region:     region,
			Grant:      capability.Grant{ClientName: client, Incoming: in, PushCredentialSID: push},
			IssuedAt:   time.Unix(iat, 0),
			ExpiresAt:  time.Unix(iat+ttl, 0),
		}
		if isAccess {
			want.Type, want.KeySID = capability.TypeAccess, keySID
		}
		key := keyOf(want.Type)
		if out {
			want.Grant.Outgoing = &capability.Outgoing{ApplicationSID: app, Params: map[string]string{name: value}}
		}
		if stream {
			want.Grant.EventStream = &capability.EventStream{Filters: map[string]string{name: value, value: name}}
		}
		raw, err := capability.Mint(want, key)
		if err != nil {
			wantAnyOf(t, err, capability.ErrGrant, capability.ErrLifetime, capability.ErrCredentials)
			return
		}
		lifetime := capability.Lifetime(time.Duration(ttl) * time.Second)
		want.ExpiresAt = want.IssuedAt.Add(lifetime)
		got, err := capability.Verify(raw, key, want.ExpiresAt.Add(-1))
		wantError(t, err, nil)
		wantToken(t, got, want)
		_, err = capability.Verify(raw, key, want.ExpiresAt)
		wantError(t, err, capability.ErrExpired)
		_, err = capability.Verify(raw, otherAuthToken, want.IssuedAt)
		wantError(t, err, capability.ErrSignature)
	})
}

func wantScopeOf(t *testing.T, g capability.Grant) {
	t.Helper()
	again, err := capability.ParseScope(g.Scope())
	wantError(t, err, nil)
	if !again.Equal(g) {
		t.Errorf("%+v is written %q and read as %+v", g, g.Scope(), again)
	}
}

func wantAnyOf(t *testing.T, err error, allowed ...error) {
	t.Helper()
	for _, sentinel := range allowed {
		if errors.Is(err, sentinel) {
			return
		}
	}
	t.Errorf("unexpected error: %v", err)
}
