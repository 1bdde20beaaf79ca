package capability_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/capability-operator/capability-operator/capability"
)

// vectors are what Twilio's Node library makes of declarations; hack/vectors writes
// the files.
type vectors struct {
	Library    string
	IssuedAt   int64
	AccountSID string
	KeySID     string
	Key        string
	Vectors    []vector
}

type vector struct {
	Name        string
	Declaration declaration
	Header      map[string]any
	Payload     map[string]any
	Token       string
}

type declaration struct {
	TTL               int64
	Region            string
	ClientName        string
	Incoming          bool
	Outgoing          *capability.Outgoing
	EventStream       *capability.EventStream
	PushCredentialSID string
}

func readVectors(tb testing.TB, file string) vectors {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

// token is what v's declaration asks Mint for.
func (all vectors) token(v vector, kind capability.Type) capability.Token {
	d := v.Declaration
	issuedAt := time.Unix(all.IssuedAt, 0)
	return capability.Token{
		Type:       kind,
		AccountSID: all.AccountSID,
		KeySID:     all.KeySID,
		Region:     d.Region,
		Grant: capability.Grant{
			ClientName: d.ClientName, Incoming: d.Incoming, Outgoing: d.Outgoing,
			EventStream: d.EventStream, PushCredentialSID: d.PushCredentialSID,
		},
		IssuedAt:  issuedAt,
		ExpiresAt: issuedAt.Add(time.Duration(d.TTL) * time.Second),
	}
}

func eachVector(t *testing.T, test func(t *testing.T, all vectors, v vector, want capability.Token)) {
	t.Helper()
	for file, kind := range map[string]capability.Type{
		"capability.json": capability.TypeCapability, "access.json": capability.TypeAccess,
	} {
		all := readVectors(t, file)
		for _, v := range all.Vectors {
			t.Run(kind.String()+" "+v.Name, func(t *testing.T) { test(t, all, v, all.token(v, kind)) })
		}
	}
}

func TestThereAreAtLeastSixtyVectorsOfEachType(t *testing.T) {
	for _, file := range []string{"capability.json", "access.json"} {
		if n := len(readVectors(t, file).Vectors); n < 60 {
			t.Errorf("%s has %d", file, n)
		}
	}
}

// TestMintedTokensSayWhatTwiliosNodeLibrarySays compares header and claims, a scope
// by what it means in both its layers of encoding.
func TestMintedTokensSayWhatTwiliosNodeLibrarySays(t *testing.T) {
	eachVector(t, func(t *testing.T, all vectors, v vector, token capability.Token) {
		raw, err := capability.Mint(token, all.Key)
		if err != nil {
			t.Fatal(err)
		}
		header, payload := open(t, raw)
		if diff := cmp.Diff(v.Header, header); diff != "" {
			t.Errorf("header: %s", diff)
		}
		want := asMinted(v.Payload)
		if token.Type == capability.TypeCapability {
			wantScope(t, payload, want, token.Grant)
			delete(payload, "scope")
			delete(want, "scope")
		}
		if diff := cmp.Diff(want, payload); diff != "" {
			t.Errorf("claims: %s", diff)
		}
	})
}

// asMinted is a library's payload with what is ours to do otherwise: see
// docs/decisions/0015-what-twilios-libraries-write.md.
func asMinted(payload map[string]any) map[string]any {
	want := map[string]any{}
	for name, value := range payload {
		want[name] = value
	}
	delete(want, "nbf")
	if lifetime := want["exp"].(float64) - want["iat"].(float64); lifetime == 86400 {
		want["exp"] = want["exp"].(float64) - 1
	}
	grants, _ := want["grants"].(map[string]any)
	voice, _ := grants["voice"].(map[string]any)
	out, _ := voice["outgoing"].(map[string]any)
	if params, ok := out["params"].(map[string]any); ok && len(params) == 0 {
		delete(out, "params")
	}
	return want
}

// wantScope checks that the scope that was minted means the same as the library's,
// and what the declaration says, to readers that take "+" for a space and to those
// that don't.
func wantScope(t *testing.T, minted, library map[string]any, g capability.Grant) {
	t.Helper()
	scope, _ := minted["scope"].(string)
	theirs, _ := library["scope"].(string)
	want := declared(g)
	for reader, unescape := range readers {
		if diff := cmp.Diff(want, decodeScope(t, theirs, unescape)); diff != "" {
			t.Errorf("the library's scope, %s: %s", reader, diff)
		}
		if diff := cmp.Diff(want, decodeScope(t, scope, unescape)); diff != "" {
			t.Errorf("the minted scope, %s: %s", reader, diff)
		}
	}
}

// readers are the two ways in which Twilio's libraries decode a query string.
var readers = map[string]func(string) (string, error){
	"read by JavaScript's decodeURIComponent": url.PathUnescape,
	"read by Python's parse_qs":               url.QueryUnescape,
}

// decoded is what a scope says: by capability, its parameters. Those of the inner
// query string have names that begin with "inner ".
type decoded map[string]map[string]string

// decodeScope reads a scope by itself, so that an error of ParseScope's can't hide
// one of Mint's.
func decodeScope(t *testing.T, scope string, unescape func(string) (string, error)) decoded {
	t.Helper()
	all := decoded{}
	for uri := range strings.SplitSeq(scope, " ") {
		name, query, _ := strings.Cut(uri, "?")
		params := decodeQuery(t, query, unescape)
		inner := params["appParams"]
		if name == "scope:stream:subscribe" && inner == "" {
			inner = params["params"]
			delete(params, "params")
		}
		delete(params, "appParams")
		if inner != "" {
			for k, v := range decodeQuery(t, inner, unescape) {
				params["inner "+k] = v
			}
		}
		if all[name] != nil {
			t.Errorf("%s occurs twice", name)
		}
		all[name] = params
	}
	return all
}

func decodeQuery(t *testing.T, query string, unescape func(string) (string, error)) map[string]string {
	t.Helper()
	params := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		parts := strings.Split(pair, "=")
		if len(parts) != 2 {
			t.Errorf("%q is not name=value", pair)
			continue
		}
		name, nameErr := unescape(parts[0])
		value, valueErr := unescape(parts[1])
		if nameErr != nil || valueErr != nil {
			t.Errorf("%q is not percent-encoded", pair)
		}
		params[name] = value
	}
	return params
}

// declared is what a scope that grants g has to say.
func declared(g capability.Grant) decoded {
	all := decoded{}
	if g.Incoming {
		all["scope:client:incoming"] = map[string]string{"clientName": g.ClientName}
	}
	if g.Outgoing != nil {
		params := map[string]string{"appSid": g.Outgoing.ApplicationSID}
		if g.ClientName != "" {
			params["clientName"] = g.ClientName
		}
		for name, value := range g.Outgoing.Params {
			params["inner "+name] = value
		}
		all["scope:client:outgoing"] = params
	}
	if g.EventStream != nil {
		params := map[string]string{"path": "/2010-04-01/Events"}
		for name, value := range g.EventStream.Filters {
			params["inner "+name] = value
		}
		all["scope:stream:subscribe"] = params
	}
	return all
}

// open takes a token apart without this project's code.
func open(t *testing.T, raw string) (header, payload map[string]any) {
	t.Helper()
	segments := strings.Split(raw, ".")
	if len(segments) != 3 {
		t.Fatalf("%d segments", len(segments))
	}
	for i, object := range []*map[string]any{&header, &payload} {
		if err := json.Unmarshal([]byte(decodeSegment(t, segments[i])), object); err != nil {
			t.Fatal(err)
		}
	}
	return header, payload
}

// TestTokensOfTwiliosNodeLibraryAreReadAndVerified: what it writes for a declaration
// is read as that declaration, and verified, but for a whole day.
func TestTokensOfTwiliosNodeLibraryAreReadAndVerified(t *testing.T) {
	eachVector(t, func(t *testing.T, all vectors, v vector, want capability.Token) {
		got, err := capability.Parse(v.Token)
		wantError(t, err, nil)
		wantToken(t, got, want)
		verified, err := capability.Verify(v.Token, all.Key, want.IssuedAt)
		if v.Declaration.TTL == 86400 {
			wantError(t, err, capability.ErrLifetime)
			return
		}
		wantError(t, err, nil)
		wantToken(t, verified, want)
	})
}
