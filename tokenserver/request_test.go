package tokenserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

func TestATokenIsHandedOut(t *testing.T) {
	w := newWorld(t, tommy(), account())
	answer := w.ask(t, http.MethodPost, path, `{}`)
	granted := grantOf(t, answer)
	token, err := capability.Verify(granted.Status.Token, authToken, noon)
	if err != nil {
		t.Fatal(err)
	}
	if token.Grant.ClientName != "tommy" || !granted.Status.ExpiresAt.Time.Equal(noon.Add(time.Hour)) {
		t.Errorf("the token is for %q until %s", token.Grant.ClientName, granted.Status.ExpiresAt)
	}
	if granted.Name != "tommy" || granted.Namespace != "support" || len(granted.ManagedFields) > 0 {
		t.Errorf("the answer's metadata are %+v", granted.ObjectMeta)
	}
	if got := answer.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("whoever stands between may keep the token: %q", got)
	}
}

func TestAFiveSecondTokenIsHandedOut(t *testing.T) {
	w := newWorld(t, tommy(), account())
	granted := grantOf(t, w.ask(t, http.MethodPost, path, `{"spec": {"ttl": "5s", "clientName": "tommy"}}`))
	if got := granted.Status.ExpiresAt.Sub(noon); got != 5*time.Second {
		t.Errorf("it lives for %s", got)
	}
	if _, err := capability.Verify(granted.Status.Token, authToken, noon.Add(5*time.Second)); err == nil {
		t.Error("it is valid after five seconds")
	}
}

func TestADryRunDecidesAndHandsNothingOut(t *testing.T) {
	w := newWorld(t, tommy(), account())
	granted := grantOf(t, w.ask(t, http.MethodPost, path+"?dryRun=All", `{"spec": {"ttl": "5s"}}`))
	if granted.Status.Token != "" || !granted.Status.ExpiresAt.Time.Equal(noon.Add(5*time.Second)) {
		t.Errorf("the answer is %+v", granted.Status)
	}
	if code := w.ask(t, http.MethodPost, path+"?dryRun=All", `{"spec": {"ttl": "2h"}}`).Code; code != http.StatusUnprocessableEntity {
		t.Errorf("what would be refused gives %d", code)
	}
}

func TestEachDecisionIsLoggedWithoutTheToken(t *testing.T) {
	w := newWorld(t, tommy(), account())
	granted := grantOf(t, w.ask(t, http.MethodPost, path, `{"spec": {"ttl": "5s", "clientName": "tommy"}}`))
	w.ask(t, http.MethodPost, path, `{"spec": {"clientName": "sarah"}}`)
	w.ask(t, http.MethodPost, path, `{}`, as("nobody"))
	w.ask(t, http.MethodPost, path, `{`)
	var lines []map[string]any
	for line := range strings.Lines(w.log.String()) {
		said := map[string]any{}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if said["msg"] == "Token requested" {
			lines = append(lines, said)
		}
	}
	want := []map[string]any{
		{"verdict": "granted", "reason": "", "code": 201.0, "username": "joe", "uid": "uid-of-joe", "namespace": "support", "name": "tommy", "clientName": "tommy", "ttl": "5s"},
		{"verdict": "refused", "reason": "Invalid", "code": 422.0, "username": "joe", "clientName": "sarah"},
		{"verdict": "refused", "reason": "Forbidden", "code": 403.0, "username": "nobody", "clientName": ""},
		{"verdict": "refused", "reason": "BadRequest", "code": 400.0, "username": "joe"},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d decisions are logged:\n%s", len(lines), w.log)
	}
	for i := range want {
		for key, value := range want[i] {
			if lines[i][key] != value {
				t.Errorf("line %d: %s is %v, not %v", i+1, key, lines[i][key], value)
			}
		}
	}
	for name, secret := range map[string]string{"token": granted.Status.Token, "its signature": granted.Status.Token[strings.LastIndex(granted.Status.Token, ".")+1:], "AuthToken": authToken} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log has the %s", name)
		}
	}
}

func TestStrangersFillNoLog(t *testing.T) {
	w := newWorld(t, tommy(), account())
	w.ask(t, http.MethodPost, path, `{}`, as(""))
	w.fail = errManyStrangers
	w.ask(t, http.MethodPost, path, `{}`)
	w.fail = nil
	w.ask(t, http.MethodPost, path, `{}`, as("nobody")) // who is known is told of
	var levels []string
	for line := range strings.Lines(w.log.String()) {
		said := struct{ Level, Msg string }{}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if said.Msg != "began" {
			levels = append(levels, said.Level)
		}
	}
	if !slices.Equal(levels, []string{"DEBUG+3", "DEBUG+3", "INFO"}) {
		t.Errorf("the lines are of %v:\n%s", levels, w.log)
	}
}

func as(name string) func(*http.Request) {
	return func(req *http.Request) { req.Header.Set("Test-User", name) }
}
