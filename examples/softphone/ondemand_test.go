package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const tokenPath = "/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/support/clientcapabilities/agents/token"

// demand has a stub of the API server answer, by HTTPS, and gives the folder of the ServiceAccount.
func (s *stage) demand(answer http.HandlerFunc) (folder string) {
	s.t.Helper()
	api := httptest.NewTLSServer(answer)
	s.t.Cleanup(api.Close)
	folder = s.t.TempDir()
	write(s.t, filepath.Join(folder, "token"), "first\n")
	write(s.t, filepath.Join(folder, "ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: api.Certificate().Raw})))
	s.onDemand = &onDemand{
		apiServer: api.URL, serviceAccount: folder, namespace: "support", name: "agents", now: func() time.Time { return s.now },
	}
	return folder
}

// grant answers as the token server does: a token under the name that was asked for.
func (s *stage) grant(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Spec struct {
			ClientName string `json:"clientName"`
		} `json:"spec"`
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &asked); err != nil || r.URL.Path != tokenPath || r.Method != http.MethodPost {
		http.Error(w, "unexpected", http.StatusTeapot)
		return
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"kind": "TokenRequest", "status": {"token": %q}}`, s.token(asked.Spec.ClientName, 5*time.Second))
}

func TestATokenOnDemandIsForTheSignedInUserWhateverTheBrowserSays(t *testing.T) {
	s := newStage(t)
	s.demand(s.grant)
	s.open()
	for _, path := range []string{"/token/on-demand", "/token/on-demand?clientName=sarah", "/token/on-demand?user=sarah"} {
		found := s.ask("agent_7", http.MethodPost, path, "X-Forwarded-User", "sarah", "X-Remote-User", "sarah").granted(t)
		if found.Identity != "agent_7" || found.ExpiresAt.Sub(found.Now) != 5*time.Second {
			t.Errorf("%s gives %+v", path, found)
		}
	}
}

func TestTheServiceAccountsTokenAndAuthorityAreReadAnew(t *testing.T) {
	s := newStage(t)
	bearer := ""
	folder := s.demand(func(w http.ResponseWriter, r *http.Request) { bearer = r.Header.Get("Authorization"); s.grant(w, r) })
	s.open()
	for _, token := range []string{"first", "second"} {
		write(t, filepath.Join(folder, "token"), token+"\n")
		s.ask("agent_7", http.MethodPost, "/token/on-demand").granted(t)
		if bearer != "Bearer "+token {
			t.Errorf("the API server was shown another token than that of the file: %s", token)
		}
	}
	authority, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "ca.crt"), "nobody")
	s.ask("agent_7", http.MethodPost, "/token/on-demand").refused(t, http.StatusServiceUnavailable, unreachable, "no certificate in ca.crt")
	write(t, filepath.Join(folder, "ca.crt"), string(authority))
	s.ask("agent_7", http.MethodPost, "/token/on-demand").granted(t)
}

func TestConnectionsToTheAPIServerAreKept(t *testing.T) {
	s := newStage(t)
	var from atomic.Value
	s.demand(func(w http.ResponseWriter, r *http.Request) {
		if before := from.Swap(r.RemoteAddr); before != nil && before != r.RemoteAddr {
			t.Errorf("the second request came by another connection")
		}
		s.grant(w, r)
	})
	s.open()
	for range 3 {
		s.ask("agent_7", http.MethodPost, "/token/on-demand").granted(t)
	}
}

func TestEachRefusalOfTheAPIIsAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		message string
		answer  int
		code    string
	}{
		"a name outside of the pattern": {422, "spec.clientName: not one that is granted", http.StatusForbidden, nameRefused},
		"nothing granted":               {409, "suspended", http.StatusServiceUnavailable, notGranted},
		"no such declaration":           {404, "not found", http.StatusServiceUnavailable, notGranted},
		"no right":                      {403, "cannot create", http.StatusServiceUnavailable, notPermitted},
		"a token that expired":          {401, "Unauthorized", http.StatusServiceUnavailable, notPermitted},
		"too many requests":             {429, "too many", http.StatusServiceUnavailable, unreachable},
		"a token server that is down":   {503, "service unavailable", http.StatusServiceUnavailable, unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.demand(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"kind": "Status", "message": %q}`, c.message)
			})
			s.open()
			reply := s.ask("agent_7", http.MethodPost, "/token/on-demand")
			reply.refused(t, c.answer, c.code, c.message)
			if again := reply.header.Get("Retry-After"); (again == "7") != (c.code == unreachable) {
				t.Errorf("Retry-After is %q", again)
			}
			if strings.Contains(s.log.String(), "agent_7") {
				t.Error("the log names the client")
			}
		})
	}
	t.Run("no API server", func(t *testing.T) {
		s := newStage(t)
		s.demand(s.grant)
		s.onDemand.apiServer = "https://127.0.0.1:1"
		s.open()
		s.ask("agent_7", http.MethodPost, "/token/on-demand").refused(t, http.StatusServiceUnavailable, unreachable, "asking the API server")
	})
	t.Run("an answer that is none", func(t *testing.T) {
		s := newStage(t)
		s.demand(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
		s.open()
		s.ask("agent_7", http.MethodPost, "/token/on-demand").refused(t, http.StatusBadGateway, unreachable, "not a TokenRequest")
	})
}
