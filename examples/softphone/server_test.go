package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNobodyIsServedWithoutSigningIn(t *testing.T) {
	s := newStage(t)
	s.mount(s.token("tommy", time.Hour))
	s.open()
	for name, user := range map[string]string{"nobody": "", "an unknown user": "sarah", "a path for a name": "../users/tommy"} {
		for _, path := range []string{"/", "/me", "/token"} {
			reply := s.ask(user, http.MethodGet, path)
			if reply.status != http.StatusUnauthorized || !strings.HasPrefix(reply.header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%s gets %d for %s", name, reply.status, path)
			}
		}
	}
	for _, password := range []string{"", "password-of-agent_7", "password-of-tommy!"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/token", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("tommy", password)
		response, err := s.server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("tommy with the password %q gets %d (%v)", password, response.StatusCode, err)
		}
	}
}

func TestHealthIsToldWithoutSigningIn(t *testing.T) {
	s := newStage(t)
	s.open()
	if reply := s.ask("", http.MethodGet, "/healthz"); reply.status != http.StatusOK {
		t.Errorf("%d: %s", reply.status, reply.body)
	}
}

func TestEachUserIsToldTheirOwnWayToAToken(t *testing.T) {
	s := newStage(t)
	s.demand(s.grant)
	s.mount(s.token("tommy", time.Second)) // too little to be handed out, but tommy's all the same
	s.open()
	for user, way := range map[string]string{"tommy": "GET /token", "agent_7": "POST /token/on-demand"} {
		var found me
		if err := json.Unmarshal([]byte(s.ask(user, http.MethodGet, "/me").body), &found); err != nil {
			t.Fatal(err)
		}
		if found.User != user || found.Way.Method+" "+found.Way.Path != way {
			t.Errorf("%s is told %+v", user, found)
		}
	}
}

func TestAWayThatIsNotSetUpIsSaidSo(t *testing.T) {
	s := newStage(t)
	s.mounted = nil
	s.open()
	s.ask("tommy", http.MethodGet, "/token").refused(t, http.StatusNotFound, notConfigured, "--mounted")
	s.ask("tommy", http.MethodPost, "/token/on-demand").refused(t, http.StatusNotFound, notConfigured, "--on-demand")
}

func TestAnotherSitesPageGetsNoToken(t *testing.T) {
	s := newStage(t)
	s.demand(s.grant)
	s.open()
	if reply := s.ask("agent_7", http.MethodPost, "/token/on-demand", "Sec-Fetch-Site", "cross-site"); reply.status != http.StatusForbidden {
		t.Errorf("%d: %s", reply.status, reply.body)
	}
	if reply := s.ask("agent_7", http.MethodGet, "/token/on-demand"); reply.status == http.StatusOK {
		t.Errorf("a link gives a token: %s", reply.body)
	}
}

func TestEveryAnswerKeepsThePageToItselfAndTwilio(t *testing.T) {
	s := newStage(t)
	s.open()
	for _, path := range []string{"/", "/healthz", "/token"} {
		header := s.ask("tommy", http.MethodGet, path).header
		policy := header.Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self' https://*.twilio.com wss://*.twilio.com;", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("%s: the policy lacks %s: %s", path, rule, policy)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}
