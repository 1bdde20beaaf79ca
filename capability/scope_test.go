package capability_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/capability-operator/capability-operator/capability"
)

func outgoing(clientName string, params map[string]string) capability.Grant {
	return capability.Grant{
		ClientName: clientName,
		Outgoing:   &capability.Outgoing{ApplicationSID: applicationSID, Params: params},
	}
}

func events(filters map[string]string) capability.Grant {
	return capability.Grant{EventStream: &capability.EventStream{Filters: filters}}
}

var scopes = []struct {
	name  string
	grant capability.Grant
	scope string
}{
	{"incoming names the client", incoming(), "scope:client:incoming?clientName=tommy"},
	{"outgoing alone has the application only", outgoing("", nil), "scope:client:outgoing?appSid=" + applicationSID},
	{"outgoing names the client when there is one", outgoing("tommy", nil),
		"scope:client:outgoing?appSid=" + applicationSID + "&clientName=tommy"},
	{"empty params are left out", outgoing("", map[string]string{}), "scope:client:outgoing?appSid=" + applicationSID},
	{"params come first and are encoded twice", outgoing("tommy", map[string]string{"team": "support"}),
		"scope:client:outgoing?appParams=team%3Dsupport&appSid=" + applicationSID + "&clientName=tommy"},
	{"params are sorted by name", outgoing("", map[string]string{"b": "2", "a": "1", "B": "3"}),
		"scope:client:outgoing?appParams=B%3D3%26a%3D1%26b%3D2&appSid=" + applicationSID},
	{"an empty value stays", outgoing("", map[string]string{"a": ""}),
		"scope:client:outgoing?appParams=a%3D&appSid=" + applicationSID},
	{"a space is %20 and never +", outgoing("", map[string]string{"a b": "c d"}),
		"scope:client:outgoing?appParams=a%2520b%3Dc%2520d&appSid=" + applicationSID},
	{"separators in params are kept apart", outgoing("", map[string]string{"a&b=c": "+%?"}),
		"scope:client:outgoing?appParams=a%2526b%253Dc%3D%252B%2525%253F&appSid=" + applicationSID},
	{"params may be named like those of the scope", outgoing("tommy", map[string]string{"appSid": "x", "clientName": "support"}),
		"scope:client:outgoing?appParams=appSid%3Dx%26clientName%3Dsupport&appSid=" + applicationSID + "&clientName=tommy"},
	{"text beyond ASCII is UTF-8", outgoing("tömmy", map[string]string{"ü": "☎"}),
		"scope:client:outgoing?appParams=%25C3%25BC%3D%25E2%2598%258E&appSid=" + applicationSID + "&clientName=t%C3%B6mmy"},
	{"the event stream has a path", events(nil), "scope:stream:subscribe?path=%2F2010-04-01%2FEvents"},
	{"filters come before the path", events(map[string]string{"kind": "call ended"}),
		"scope:stream:subscribe?params=kind%3Dcall%2520ended&path=%2F2010-04-01%2FEvents"},
	{"all three stand in one order", everything().Grant, "scope:client:incoming?clientName=tommy" +
		" scope:client:outgoing?appParams=queue%3Dfirst%2520%2526%2520second%252F50%2525%26team%3Dsupport&appSid=" +
		applicationSID + "&clientName=tommy scope:stream:subscribe?params=kind%3Dcall&path=%2F2010-04-01%2FEvents"},
}

func TestScope(t *testing.T) {
	for _, tc := range scopes {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.grant.Scope(); got != tc.scope {
				t.Errorf("got  %s\nwant %s", got, tc.scope)
			}
			got, err := capability.ParseScope(tc.scope)
			wantError(t, err, nil)
			if !got.Equal(tc.grant) {
				t.Errorf("read back as %+v", got)
			}
		})
	}
	t.Run("every byte of ASCII but the unreserved is encoded", func(t *testing.T) {
		const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
		for c := range rune(128) {
			_, got, _ := strings.Cut(capability.Grant{ClientName: string(c), Incoming: true}.Scope(), "clientName=")
			if plain := got == string(c); plain != strings.ContainsRune(unreserved, c) {
				t.Errorf("%q is written %s", c, got)
			}
		}
	})
}

// What Twilio's libraries write for the same declarations.
var foreignScopes = []struct {
	name, scope string
	want        capability.Grant
}{
	{"twilio-python: + for a space, all of it percent-encoded",
		"scope:client:incoming?clientName=tommy scope:client:outgoing?appParams=team%3Dhelp%2Bdesk%26queue%3Da%252Bb%2526c%253Dd" +
			"%252F50%2525%26name%3D%25C3%25A9~%2521%2527%2528%2529%252A&appSid=" + applicationSID + "&clientName=tommy" +
			" scope:stream:subscribe?params=kind%3Dcall%2Bended&path=%2F2010-04-01%2FEvents", foreignGrant},
	{"twilio-node: its own order, a path in plain text, filters as appParams",
		"scope:client:outgoing?appSid=" + applicationSID + "&clientName=tommy&appParams=team%3Dhelp%2520desk%26queue%3Da%252Bb" +
			"%2526c%253Dd%252F50%2525%26name%3D%25C3%25A9~!'()* scope:client:incoming?clientName=tommy" +
			" scope:stream:subscribe?path=/2010-04-01/Events&appParams=kind%3Dcall%2520ended", foreignGrant},
	{"twilio-node: empty params", "scope:client:outgoing?appSid=" + applicationSID + "&appParams=", outgoing("", nil)},
	{"an outgoing scope without the incoming one's client name",
		"scope:client:outgoing?appSid=" + applicationSID + " scope:client:incoming?clientName=tommy",
		capability.Grant{ClientName: "tommy", Incoming: true, Outgoing: &capability.Outgoing{ApplicationSID: applicationSID}}},
	{"+ for a space in the outer layer", "scope:client:outgoing?appParams=a%3Dhelp+desk&appSid=" + applicationSID,
		outgoing("", map[string]string{"a": "help desk"})},
	{"+ for a space in a client name", "scope:client:incoming?clientName=tommy+support",
		capability.Grant{ClientName: "tommy support", Incoming: true}},
}

var foreignGrant = capability.Grant{
	ClientName: "tommy",
	Incoming:   true,
	Outgoing: &capability.Outgoing{ApplicationSID: applicationSID, Params: map[string]string{
		"team": "help desk", "queue": "a+b&c=d/50%", "name": "é~!'()*"}},
	EventStream: &capability.EventStream{Filters: map[string]string{"kind": "call ended"}},
}

func TestParseScopeReadsTwiliosLibraries(t *testing.T) {
	for _, tc := range foreignScopes {
		t.Run(tc.name, func(t *testing.T) {
			got, err := capability.ParseScope(tc.scope)
			wantError(t, err, nil)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const (
	app  = "scope:client:outgoing?appSid=" + applicationSID
	in   = "scope:client:incoming?clientName=tommy"
	subs = "scope:stream:subscribe?path=%2F2010-04-01%2FEvents"
)

var badScopes = []struct{ name, scope string }{
	{"nothing", ""},
	{"a space", " "},
	{"a space at the end", in + " "},
	{"two spaces between", in + "  " + app},
	{"a tab between", in + "\t" + app},
	{"an unknown capability", "scope:client:listen?clientName=tommy"},
	{"an unknown capability beside a known one", in + " scope:client:listen?clientName=tommy"},
	{"another scheme", "scope:stream:incoming?clientName=tommy"},
	{"capitals", "Scope:client:incoming?clientName=tommy"},
	{"no parameters", "scope:client:incoming"},
	{"empty parameters", "scope:client:incoming?"},
	{"incoming twice", in + " " + in},
	{"outgoing twice", app + " " + app},
	{"the event stream twice", subs + " " + subs},
	{"two different client names", "scope:client:incoming?clientName=support " + app + "&clientName=tommy"},
	{"incoming without a client name", "scope:client:incoming?name=tommy"},
	{"an empty client name", "scope:client:incoming?clientName="},
	{"an empty client name in outgoing", app + "&clientName="},
	{"outgoing without an application", "scope:client:outgoing?clientName=tommy"},
	{"an empty application", "scope:client:outgoing?appSid=&clientName=tommy"},
	{"the event stream without a path", "scope:stream:subscribe?params=a%3Db"},
	{"the event stream with another path", "scope:stream:subscribe?path=%2F2010-04-01%2FCalls"},
	{"a client name in the event stream", subs + "&clientName=tommy"},
	{"filters under both names", subs + "&params=a%3Db&appParams=a%3Db"},
	{"an unknown parameter", in + "&ttl=5"},
	{"params of the wrong name", app + "&params=a%3Db"},
	{"a parameter twice", in + "&clientName=tommy"},
	{"a parameter twice in two spellings", in + "&client%4Eame=tommy"},
	{"a parameter without a value", in + "&x"},
	{"a parameter without a name", in + "&=x"},
	{"an ampersand at the end", in + "&"},
	{"two equals signs", "scope:client:incoming?clientName==tommy"},
	{"a broken escape", "scope:client:incoming?clientName=%4"},
	{"an escape that is not hexadecimal", "scope:client:incoming?clientName=%zz"},
	{"an escape that is not UTF-8", "scope:client:incoming?clientName=%FF"},
	{"a character beyond ASCII", "scope:client:incoming?clientName=tömmy"},
	{"a control character", "scope:client:incoming?clientName=tommy\x00"},
	{"params that occur twice", app + "&appParams=a%3Db%26a%3Dc"},
	{"params without a value", app + "&appParams=a"},
	{"params without a name", app + "&appParams=%3Db"},
	{"params with two equals signs", app + "&appParams=a%3Db%3Dc"},
	{"params with a broken escape", app + "&appParams=a%3D%25"},
	{"params that are not UTF-8", app + "&appParams=a%3D%25FF"},
}

func TestParseScopeRefuses(t *testing.T) {
	for _, tc := range badScopes {
		t.Run(tc.name+" is refused", func(t *testing.T) {
			got, err := capability.ParseScope(tc.scope)
			wantError(t, err, capability.ErrScope)
			if !got.Equal(capability.Grant{}) {
				t.Errorf("a grant beside an error: %+v", got)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	changes := map[string]func(*capability.Grant){
		"the client name":     func(g *capability.Grant) { g.ClientName = "support" },
		"incoming":            func(g *capability.Grant) { g.Incoming = false },
		"outgoing":            func(g *capability.Grant) { g.Outgoing = nil },
		"the application":     func(g *capability.Grant) { g.Outgoing.ApplicationSID = "" },
		"one of the params":   func(g *capability.Grant) { g.Outgoing.Params["team"] = "sales" },
		"the event stream":    func(g *capability.Grant) { g.EventStream = nil },
		"the push credential": func(g *capability.Grant) { g.PushCredentialSID = pushCredentialSID },
		"one filter too many": func(g *capability.Grant) { g.EventStream.Filters["x"] = "" },
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		t.Run(name+" makes a difference", func(t *testing.T) {
			a, b := everything().Grant, everything().Grant
			if !a.Equal(b) || !b.Equal(a) {
				t.Fatal("equal grants are not Equal")
			}
			changes[name](&b)
			if a.Equal(b) || b.Equal(a) {
				t.Error("different grants are Equal")
			}
		})
	}
	t.Run("nil and empty maps are the same", func(t *testing.T) {
		if !outgoing("", nil).Equal(outgoing("", map[string]string{})) || !events(nil).Equal(events(map[string]string{})) {
			t.Error("not Equal")
		}
	})
	t.Run("an empty value is not a missing one", func(t *testing.T) {
		if events(map[string]string{"a": ""}).Equal(events(map[string]string{"b": ""})) {
			t.Error("Equal")
		}
	})
}
