package capability_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/capability-operator/capability-operator/capability"
)

// This file is a port of what twilio-python does (twilio/jwt/__init__.py,
// twilio/jwt/client/__init__.py, twilio/jwt/access_token/), as a second reading of
// the vectors: that library is not run here. Its urlencode is Python's, of which
// url.QueryEscape is the equal: all but letters, digits and _.-~ percent-encoded,
// and "+" for a space.

// pythonScope is the scope that twilio-python writes for g, with escape for its
// quote_plus. It is told of params in alphabetical order, which it keeps. It knows a
// client name by allow_client_incoming alone.
func pythonScope(g capability.Grant, escape func(string) string) string {
	var uris []string
	add := func(name string, params map[string]string) {
		uris = append(uris, "scope:"+name+"?"+pythonQuery(params, escape))
	}
	if g.Incoming {
		add("client:incoming", map[string]string{"clientName": g.ClientName})
	}
	if g.Outgoing != nil {
		params := map[string]string{"appSid": g.Outgoing.ApplicationSID}
		if len(g.Outgoing.Params) > 0 {
			params["appParams"] = pythonQuery(g.Outgoing.Params, escape)
		}
		if g.Incoming {
			params["clientName"] = g.ClientName
		}
		add("client:outgoing", params)
	}
	if g.EventStream != nil {
		params := map[string]string{"path": "/2010-04-01/Events"}
		if len(g.EventStream.Filters) > 0 {
			params["params"] = pythonQuery(g.EventStream.Filters, escape)
		}
		add("stream:subscribe", params)
	}
	return strings.Join(uris, " ")
}

func pythonQuery(params map[string]string, escape func(string) string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		pairs = append(pairs, escape(name)+"="+escape(params[name]))
	}
	return strings.Join(pairs, "&")
}

// percent20 is quote_plus but for the space.
func percent20(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// pythonJSON is s as json.dumps writes it: ASCII alone.
func pythonJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		short := strings.IndexRune("\"\\\n\r\t\f\b", r)
		switch {
		case short >= 0:
			b.WriteString(`\` + string(`"\nrtfb`[short]))
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	return `"` + b.String() + `"`
}

// pythonGrants is the claim grants that twilio-python writes for g.
func pythonGrants(g capability.Grant) string {
	var voice []string
	if g.Incoming {
		voice = append(voice, `"incoming":{"allow":true}`)
	}
	if g.Outgoing != nil {
		params := ""
		if len(g.Outgoing.Params) > 0 {
			var pairs []string
			for _, name := range slices.Sorted(maps.Keys(g.Outgoing.Params)) {
				pairs = append(pairs, pythonJSON(name)+":"+pythonJSON(g.Outgoing.Params[name]))
			}
			params = `,"params":{` + strings.Join(pairs, ",") + `}`
		}
		voice = append(voice, `"outgoing":{"application_sid":"`+g.Outgoing.ApplicationSID+`"`+params+`}`)
	}
	if g.PushCredentialSID != "" {
		voice = append(voice, `"push_credential_sid":"`+g.PushCredentialSID+`"`)
	}
	return `{"voice":{` + strings.Join(voice, ",") + `},"identity":` + pythonJSON(g.ClientName) + `}`
}

// pythonToken is the token that twilio-python signs: nbf, no iat, and times in
// whole seconds or, as some versions have them, with a fraction.
func pythonToken(t *testing.T, token capability.Token, key string) string {
	t.Helper()
	iat := token.IssuedAt.Unix()
	fraction := ""
	if token.ExpiresAt.Unix()%2 == 0 {
		fraction = ".25"
	}
	times := fmt.Sprintf(`"exp":%[1]d%[3]s,"nbf":%[2]d%[3]s`, token.ExpiresAt.Unix(), iat-1, fraction)
	if token.Type == capability.TypeCapability {
		scope := pythonScope(token.Grant, url.QueryEscape)
		return signed(t, `{"typ":"JWT","alg":"HS256"}`,
			`{"scope":"`+scope+`","iss":"`+token.AccountSID+`",`+times+`}`, key)
	}
	region := ""
	if token.Region != "" {
		region = `,"twr":"` + token.Region + `"`
	}
	return signed(t, `{"typ":"JWT","alg":"HS256","cty":"twilio-fpa;v=1"`+region+`}`,
		fmt.Sprintf(`{"jti":%q,"grants":%s,"iss":%q,%s,"sub":%q}`,
			fmt.Sprintf("%s-%d", token.KeySID, iat), pythonGrants(token.Grant), token.KeySID, times, token.AccountSID), key)
}

// TestScopesAreThoseOfTwiliosPythonLibraryWithoutPlus: the same text but for the
// space, and the same meaning to its own way of reading.
func TestScopesAreThoseOfTwiliosPythonLibraryWithoutPlus(t *testing.T) {
	eachVector(t, func(t *testing.T, _ vectors, _ vector, token capability.Token) {
		if token.Type != capability.TypeCapability {
			return
		}
		g := token.Grant
		if !g.Incoming {
			g.ClientName = "" // which that library can't say of outgoing calls alone
		}
		if got, want := g.Scope(), pythonScope(g, percent20); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		theirs := pythonScope(g, url.QueryEscape)
		if diff := cmp.Diff(decodeScope(t, theirs, url.QueryUnescape), decodeScope(t, g.Scope(), url.QueryUnescape)); diff != "" {
			t.Error(diff)
		}
		read, err := capability.ParseScope(theirs)
		wantError(t, err, nil)
		if !read.Equal(g) {
			t.Errorf("%s is read as %+v", theirs, read)
		}
	})
}

func TestGrantsAreThoseOfTwiliosPythonLibrary(t *testing.T) {
	eachVector(t, func(t *testing.T, all vectors, _ vector, token capability.Token) {
		if token.Type != capability.TypeAccess {
			return
		}
		raw, err := capability.Mint(token, all.Key)
		wantError(t, err, nil)
		_, payload := open(t, raw)
		var want any
		if err := json.Unmarshal([]byte(pythonGrants(token.Grant)), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, payload["grants"]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTokensOfTwiliosPythonLibraryAreReadAndVerified(t *testing.T) {
	eachVector(t, func(t *testing.T, all vectors, _ vector, want capability.Token) {
		raw := pythonToken(t, want, all.Key)
		if want.Type == capability.TypeCapability && !want.Grant.Incoming {
			want.Grant.ClientName = ""
		}
		now := want.IssuedAt
		want.IssuedAt = time.Time{} // it writes no iat
		got, err := capability.Parse(raw)
		wantError(t, err, nil)
		wantToken(t, got, want)
		got, err = capability.Verify(raw, all.Key, now)
		wantError(t, err, nil)
		wantToken(t, got, want)
	})
}
