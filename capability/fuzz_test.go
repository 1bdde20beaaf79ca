package capability_test

import (
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

// FuzzParse: what is read has a form that is worth reading, whatever it was made
// of, and only known errors are returned.
func FuzzParse(f *testing.F) {
	f.Add(mint(f, everything()))
	for _, claims := range seedClaims() {
		f.Add(signed(f, headerHS256, claims, authToken))
	}
	for _, tc := range malformedHeaders {
		f.Add(signed(f, tc.header, `{`+iss+scope+exp+`}`, authToken))
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
		wantScopeOf(t, got.Grant)
	})
}

// FuzzVerify: nothing is accepted that was not signed with the key, and what is
// accepted is what Mint could have said.
func FuzzVerify(f *testing.F) {
	known := map[string]bool{}
	for _, claims := range append(seedClaims(), `{`+iss+scope+iat+exp+`}`) {
		raw := signed(f, headerHS256, claims, authToken)
		known[raw] = true
		f.Add(raw, headerHS256, claims)
	}
	for _, tc := range malformedHeaders {
		raw := signed(f, tc.header, `{`+iss+scope+exp+`}`, authToken)
		known[raw] = true
		f.Add(raw, tc.header, `{`+iss+scope+exp+`}`)
	}
	f.Fuzz(func(t *testing.T, raw, header, claims string) {
		if _, err := capability.Verify(raw, authToken, issued); err == nil && !known[raw] {
			t.Errorf("accepted a token that nobody signed: %q", raw)
		}
		raw = signed(t, header, claims, authToken)
		if _, err := capability.Verify(raw, otherAuthToken, issued); err == nil {
			t.Errorf("accepted under another key: %q", raw)
		}
		got, err := capability.Verify(raw, authToken, issued)
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
	})
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

// FuzzMintRoundTrip: what is minted verifies for its whole life and says what was
// asked for; what is not minted is refused with a reason.
func FuzzMintRoundTrip(f *testing.F) {
	f.Add("tommy", true, true, true, applicationSID, "team", "support", issued.Unix(), int64(3600))
	f.Add("", false, true, false, applicationSID, "a&b=c", "% +☎\x00", int64(0), int64(5))
	f.Add("support", true, false, false, "", "", "", issued.Unix(), int64(86400))
	f.Add("tömmy", false, false, true, "AP", "\xff", strings.Repeat("x", 800), int64(-1), int64(86401))
	f.Fuzz(func(t *testing.T, client string, in, out, stream bool, app, name, value string, iat, ttl int64) {
		want := capability.Token{
			AccountSID: accountSID,
			Grant:      capability.Grant{ClientName: client, Incoming: in},
			IssuedAt:   time.Unix(iat, 0),
			ExpiresAt:  time.Unix(iat+ttl, 0),
		}
		if out {
			want.Grant.Outgoing = &capability.Outgoing{ApplicationSID: app, Params: map[string]string{name: value}}
		}
		if stream {
			want.Grant.EventStream = &capability.EventStream{Filters: map[string]string{name: value, value: name}}
		}
		raw, err := capability.Mint(want, authToken)
		if err != nil {
			wantAnyOf(t, err, capability.ErrGrant, capability.ErrLifetime)
			return
		}
		lifetime := capability.Lifetime(time.Duration(ttl) * time.Second)
		want.ExpiresAt = want.IssuedAt.Add(lifetime)
		got, err := capability.Verify(raw, authToken, want.ExpiresAt.Add(-1))
		wantError(t, err, nil)
		wantToken(t, got, want)
		_, err = capability.Verify(raw, authToken, want.ExpiresAt)
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
