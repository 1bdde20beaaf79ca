package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheMountedTokenIsReadAnewEachTime(t *testing.T) {
	s := newStage(t)
	s.open()
	for _, lives := range []time.Duration{time.Minute, 2 * time.Minute, time.Hour} {
		token := s.token("tommy", lives)
		s.mount(token + "\n")
		reply := s.ask("tommy", http.MethodGet, "/token")
		found := reply.granted(t)
		if found.Token != token || found.Identity != "tommy" || !found.Incoming || !found.Outgoing || found.ExpiresAt.Sub(found.Now) != lives {
			t.Errorf("it is %+v", found)
		}
		if cached := reply.header.Get("Cache-Control"); cached != "no-store" {
			t.Errorf("Cache-Control is %q", cached)
		}
	}
}

func TestATokenWithLessThanHalfAMinuteLeftIsNotHandedOut(t *testing.T) {
	s := newStage(t)
	s.open()
	s.mount(s.token("tommy", 30*time.Second))
	s.ask("tommy", http.MethodGet, "/token").granted(t)
	s.now = s.now.Add(time.Second)
	reply := s.ask("tommy", http.MethodGet, "/token")
	reply.refused(t, http.StatusServiceUnavailable, tokenExpiring, "29 s left")
	if reply.header.Get("Retry-After") != "5" {
		t.Errorf("Retry-After is %q", reply.header.Get("Retry-After"))
	}
}

func TestTheMountedTokenIsForItsOwnClientAlone(t *testing.T) {
	s := newStage(t)
	s.open()
	s.mount(s.token("tommy", time.Hour))
	s.ask("agent_7", http.MethodGet, "/token").refused(t, http.StatusForbidden, notYours, "another client's")
}

func TestWhatIsNoTokenIsSaidWithoutShowingIt(t *testing.T) {
	for name, c := range map[string]struct{ content, words string }{
		"an empty file":          {"", "1 parts"},
		"a secret that is none":  {"hunter2hunter2", "1 parts"},
		"parts that are no JSON": {"e30.hunter2!.x", "not base64url"},
		"a capability token":     {"e30.eyJzY29wZSI6Imh1bnRlcjIifQ.x", "tokenType: Access"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.mount(c.content)
			s.ask("tommy", http.MethodGet, "/token").refused(t, http.StatusServiceUnavailable, tokenMissing, c.words)
			if strings.Contains(s.log.String(), "hunter2") || !strings.Contains(s.log.String(), tokenMissing) {
				t.Errorf("the log says:\n%s", s.log)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		s := newStage(t)
		s.open()
		s.ask("tommy", http.MethodGet, "/token").refused(t, http.StatusServiceUnavailable, tokenMissing, "no such file")
	})
}
