package main

import (
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

var twoRows = []row{
	{name: "support", client: "support", may: "call AP0123…cdef as support", expires: "8s", renews: "now", renewals: "1"},
	{name: "tommy", client: "tommy", may: "receive as tommy, call AP0123…cdef {team=support}", expires: "18s", renews: "3s", renewals: "12"},
}

func TestTheTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		columns int
		want    []string
	}{
		"a wide one shows everything": {120, []string{
			"NAME     CLIENT   MAY                                                EXPIRES IN  RENEWS IN  RENEWALS",
			"support  support  call AP0123…cdef as support                        8s          now        1",
			"tommy    tommy    receive as tommy, call AP0123…cdef {team=support}  18s         3s         12",
		}},
		"a narrow one cuts the capabilities short": {70, []string{
			"NAME     CLIENT   MAY                  EXPIRES IN  RENEWS IN  RENEWALS",
			"support  support  call AP0123…cdef a…  8s          now        1",
			"tommy    tommy    receive as tommy, …  18s         3s         12",
		}},
		"a narrower one leaves the client out": {50, []string{
			"NAME     MAY       EXPIRES IN  RENEWS IN  RENEWALS",
			"support  call AP…  8s          now        1",
			"tommy    receive…  18s         3s         12",
		}},
		"a tiny one keeps the name and the expiry": {20, []string{
			"NAME     EXPIRES IN",
			"support  8s",
			"tommy    18s",
		}},
		"an absurd one cuts off": {10, []string{
			"NAME    E…",
			"suppo…  8s",
			"tommy   1…",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, l := range table(twoRows, tc.columns) {
				got = append(got, l.text)
				if terminal.Cells(l.text) > tc.columns {
					t.Errorf("%q takes %d columns of %d", l.text, terminal.Cells(l.text), tc.columns)
				}
			}
			if strings.Join(got, "\n") != strings.Join(tc.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

func TestARowShowsTheStateOfItsToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(*scene)
		want    row
	}{
		"fresh": {func(*scene) {}, row{may: "receive as tommy", expires: "30s", renews: "-", held: true, tone: good}},
		"announced": {func(s *scene) {
			s.announce(start.Add(18 * time.Second))
			s.after(10 * time.Second)
		}, row{may: "receive as tommy", expires: "20s", renews: "8s", held: true}},
		"suspended": {func(s *scene) {
			s.after(10 * time.Second).declare(func(c *v1alpha1.ClientCapability) { c.Spec.Suspend = true })
		}, row{may: "receive as tommy", expires: "20s", renews: "suspended", held: true}},
		"expired": {func(s *scene) { s.after(30 * time.Second) },
			row{may: "receive as tommy", expires: "EXPIRED", renews: "-", held: true, tone: bad}},
		"false": {func(s *scene) { s.after(10*time.Second).mint(accountSID, nextToken, nil) },
			row{may: "receive as tommy", expires: "FALSE", renews: "-", held: true, tone: bad}},
		"deleted": {func(s *scene) { s.removeSecret("tommy") },
			row{may: "no token: its Secret was deleted", expires: "-", renews: "-", tone: notice}},
		"edited": {func(s *scene) { s.write(s.secret.DeepCopy(), "token", "junk", "vi") },
			row{may: "not a token: edited by hand", expires: "-", renews: "-", tone: bad}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			tc.happens(s)
			got := s.ledger.rows(s.now)[0]
			tc.want.name, tc.want.client, tc.want.renewals = "tommy", "tommy", got.renewals
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestCapabilitiesAreWrittenInWords(t *testing.T) {
	t.Parallel()
	outgoing := &capability.Outgoing{ApplicationSID: applicationSID}
	for want, grant := range map[string]capability.Grant{
		"receive as tommy":            {ClientName: "tommy", Incoming: true},
		"call AP0123…cdef":            {Outgoing: outgoing},
		"call AP0123…cdef as support": {ClientName: "support", Outgoing: outgoing},
		"receive as tommy, call AP0123…cdef {a=1, team=support}": {ClientName: "tommy", Incoming: true,
			Outgoing: &capability.Outgoing{ApplicationSID: applicationSID, Params: map[string]string{"team": "support", "a": "1"}}},
		"call AP0123…cdef {x=\uFFFD[2J}": {
			Outgoing: &capability.Outgoing{ApplicationSID: applicationSID, Params: map[string]string{"x": "\x1b[2J"}}},
		"subscribe to events {kind=call}": {EventStream: &capability.EventStream{Filters: map[string]string{"kind": "call"}}},
	} {
		if got := may(grant); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
