package tokenserver

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// FuzzTokenRequest sends anything as a body, and holds that the answer is a token
// within what is declared or a Status, and shows no credential.
func FuzzTokenRequest(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `null`, `[]`, `{"spec": {"ttl": "5s"}}`, `{"spec": {"ttl": "1h", "clientName": "tommy"}}`, `{"spec": {"clientName": "t-7"}}`,
		`{"spec": {"ttl": "99999h99999m99999s"}}`, `{"metadata": {"name": "tommy", "namespace": "support"}}`, "{\"spec\": {\"clientName\": \"t-\x00\"}}",
		`{"apiVersion": "v1", "kind": "Status"}`, `{"kind": "TokenRequest"}`, `{"spec": {"ttl": "5s", "ttl": "5s"}}`, `{"status": {"token": "x"}}`,
	} {
		f.Add(body, "")
	}
	f.Add(`{}`, "dryRun=All&fieldValidation=Strict&fieldManager=x")
	declared := tommy(func(c *v1alpha1.ClientCapability) {
		c.Spec.OnDemand = &v1alpha1.OnDemand{ClientNamePattern: "t-[0-9]+"}
	})
	w := newWorld(f, declared, account())
	f.Fuzz(func(t *testing.T, body, query string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		req.URL.RawQuery = query
		req.Header.Set("Test-User", "joe")
		req.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		w.server.Handler().ServeHTTP(answer, req)
		if strings.Contains(answer.Body.String(), authToken) {
			t.Fatalf("the answer shows the AuthToken: %s", answer.Body)
		}
		if answer.Code != http.StatusCreated {
			if status := statusOf(t, answer); answer.Code >= http.StatusInternalServerError {
				t.Fatalf("it fails: %s", status.Message)
			}
			return
		}
		granted := grantOf(t, answer)
		if granted.Status.Token == "" && strings.Contains(query, "dryRun") {
			return
		}
		token, err := capability.Verify(granted.Status.Token, authToken, noon)
		if err != nil {
			t.Fatal(err)
		}
		name := token.Grant.ClientName
		if lives := token.ExpiresAt.Sub(token.IssuedAt); lives < 5*time.Second || lives > time.Hour {
			t.Errorf("it lives for %s", lives)
		}
		if digits, ok := strings.CutPrefix(name, "t-"); name != "tommy" && (!ok || strings.Trim(digits, "0123456789") != "" || digits == "") {
			t.Errorf("it is for %q", name)
		}
	})
}

// FuzzDuration holds what is looked at by hand against the pattern that the API
// server looks at.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{
		"", "5s", "1h", "1h30m", "1h30m5s", "90m5s", "99999h99999m99999s", "000000s", "100000s", "5", "s", "5s5s", "5s1m", "1h1h", "5.5s", "-5s", "+5s", "5S", "5s ", "5µs", "1d", "1m1h",
	} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(v1alpha1.DurationPattern)
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := isDuration(s), pattern.MatchString(s); got != want {
			t.Errorf("%q: %t, and the pattern says %t", s, got, want)
		}
	})
}
