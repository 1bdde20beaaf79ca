package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
)

// softphone is the backend: it knows who asks, and two ways to a token.
type softphone struct {
	signIn    demoSignIn
	mounted   *mounted  // nil where no Secret is mounted
	onDemand  *onDemand // nil where nothing is asked for
	page      fs.FS
	edge      string // Twilio's, nearest to the users
	signaling string // another host than Twilio's, for tests
	log       *slog.Logger
}

// me is what the page asks first.
type me struct {
	User string `json:"user"`
	// Way is where this user's tokens are, and how to ask for them.
	Way struct {
		Method string `json:"method"`
		Path   string `json:"path"`
	} `json:"way"`
	Edge      string `json:"edge,omitempty"`
	Signaling string `json:"signaling,omitempty"`
}

const (
	mountedPath  = "/token"
	onDemandPath = "/token/on-demand"
)

func (s *softphone) handler() http.Handler {
	inside := http.NewServeMux()
	inside.Handle("GET /", http.FileServerFS(s.page))
	inside.HandleFunc("GET /me", s.serveMe)
	inside.HandleFunc("GET "+mountedPath, s.serveMounted)
	inside.HandleFunc("POST "+onDemandPath, s.serveOnDemand)

	outside := http.NewServeMux()
	outside.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	// No other site's page may have a signed-in browser ask for tokens.
	outside.Handle("/", http.NewCrossOriginProtection().Handler(s.forUsers(inside)))
	return s.withHeaders(outside)
}

func (s *softphone) forUsers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.signIn.user(r); !ok {
			s.signIn.demand(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withHeaders keeps the page to itself and Twilio: no script, frame or address of anybody else.
func (s *softphone) withHeaders(next http.Handler) http.Handler {
	connect := "'self' https://*.twilio.com wss://*.twilio.com"
	if s.signaling != "" {
		connect += " wss://" + s.signaling
	}
	policy := strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src " + connect,
		"media-src 'self' mediastream: blob: https://sdk.twilio.com", // voices, and the SDK's sounds
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // nothing here is to outlive a sign-in, tokens least of all
		next.ServeHTTP(w, r)
	})
}

// serveMe chooses the user's way: the mounted token where it is theirs, else on demand.
func (s *softphone) serveMe(w http.ResponseWriter, r *http.Request) {
	user, _ := s.signIn.user(r)
	said := me{User: user, Edge: s.edge, Signaling: s.signaling}
	said.Way.Method, said.Way.Path = http.MethodGet, mountedPath
	if s.onDemand != nil && !s.hasMountedTokenOf(user) {
		said.Way.Method, said.Way.Path = http.MethodPost, onDemandPath
	}
	writeJSON(w, http.StatusOK, said)
}

func (s *softphone) hasMountedTokenOf(user string) bool {
	if s.mounted == nil {
		return false
	}
	found, failed := s.mounted.token()
	return failed == nil && found.Identity == user
}

func (s *softphone) serveMounted(w http.ResponseWriter, r *http.Request) {
	user, _ := s.signIn.user(r)
	if s.mounted == nil {
		writeProblem(w, s.log, &problem{Code: notConfigured, status: http.StatusNotFound, Message: "No Secret is mounted here (--mounted)."})
		return
	}
	s.write(w)(s.mounted.tokenFor(user))
}

func (s *softphone) serveOnDemand(w http.ResponseWriter, r *http.Request) {
	user, _ := s.signIn.user(r)
	if s.onDemand == nil {
		writeProblem(w, s.log, &problem{Code: notConfigured, status: http.StatusNotFound, Message: "Tokens on demand are not set up here (--on-demand)."})
		return
	}
	s.write(w)(s.onDemand.tokenFor(r.Context(), user))
}

func (s *softphone) write(w http.ResponseWriter) func(answer, *problem) {
	return func(found answer, failed *problem) {
		if failed != nil {
			writeProblem(w, s.log, failed)
			return
		}
		writeJSON(w, http.StatusOK, found)
	}
}

var errNoWay = errors.New("there is no way to a token: give --mounted, --on-demand, or both")
