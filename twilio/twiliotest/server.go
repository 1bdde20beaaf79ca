package twiliotest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Account is what the server knows. What is empty there is accepted from nobody.
type Account struct{ SID, AuthToken, APIKey, APISecret string }

// Request is one that the server received.
type Request struct {
	// Path is with its query.
	Path string
	// Username is that of the basic authentication: the account's SID where it
	// was the AuthToken's, else the API key's.
	Username string
}

// mode is how the server behaves.
type mode uint8

const (
	accepting mode = iota
	refusing
	suspended
	closed
	throttling
	down
	slow
)

// Server is a stub of Twilio's REST API. It may be used from several goroutines at
// once.
type Server struct {
	server *httptest.Server

	mu       sync.Mutex
	account  Account
	mode     mode
	wait     int
	requests []Request
	// released is closed when the present slow requests may end.
	released chan struct{}
}

// NewServer starts a server that accepts the account's credentials and refuses
// others. It runs until it is closed.
func NewServer(account Account) *Server {
	s := &Server{account: account, released: make(chan struct{})}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// URL is the base URL of the API, http on loopback.
func (s *Server) URL() string { return s.server.URL }

// Close ends the server, and slow requests with it.
func (s *Server) Close() {
	s.Accept()
	s.server.Close()
}

// SetAccount replaces what the server knows, as a rotation at Twilio does.
func (s *Server) SetAccount(account Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = account
}

// Accept has the account's credentials accepted, and others refused.
func (s *Server) Accept() { s.become(accepting, 0) }

// Refuse has all credentials refused: HTTP 401, error 20003.
func (s *Server) Refuse() { s.become(refusing, 0) }

// Suspend has the account suspended: its status says so, and other resources answer
// with HTTP 403, error 20403.
func (s *Server) Suspend() { s.become(suspended, 0) }

// CloseAccount is Suspend for an account that is closed.
func (s *Server) CloseAccount() { s.become(closed, 0) }

// Throttle has every request answered with HTTP 429, error 20429, and a Retry-After
// of so many seconds; 0 leaves that header out.
func (s *Server) Throttle(seconds int) { s.become(throttling, seconds) }

// Down has every request answered with HTTP 503, error 20503.
func (s *Server) Down() { s.become(down, 0) }

// Slow has requests wait until their client goes away or the server's behaviour is
// switched; in the second case they are answered by the new one.
func (s *Server) Slow() { s.become(slow, 0) }

// Requests are those received until now, also those that still wait.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) become(m mode, wait int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.wait = m, wait
	close(s.released)
	s.released = make(chan struct{})
}

// now is how the server behaves at present.
func (s *Server) now() (Account, mode, int, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account, s.mode, s.wait, s.released
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	username, password, _ := r.BasicAuth()
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.URL.RequestURI(), username})
	s.mu.Unlock()

	account, m, wait, released := s.now()
	for m == slow {
		select {
		case <-r.Context().Done():
			return
		case <-released:
			account, m, wait, released = s.now()
		}
	}
	switch {
	case m == throttling:
		if wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
		}
		fail(w, http.StatusTooManyRequests, 20429, "Too Many Requests")
	case m == down:
		fail(w, http.StatusServiceUnavailable, 20503, "Service Unavailable")
	case r.Method != http.MethodGet:
		fail(w, http.StatusMethodNotAllowed, 20004, "Method not allowed")
	case m == refusing || !account.knows(username, password):
		fail(w, http.StatusUnauthorized, 20003, "Authenticate")
	default:
		account.answer(w, r, m)
	}
}

// knows reports whether the pair is one of the account's.
func (a Account) knows(username, password string) bool {
	token := a.AuthToken != "" && strings.EqualFold(username, a.SID) && password == a.AuthToken
	key := a.APIKey != "" && username == a.APIKey && password == a.APISecret
	return token || key
}

// answer serves whoever is known. A key counts as a Standard one, which may not read
// the account.
func (a Account) answer(w http.ResponseWriter, r *http.Request, m mode) {
	username, _, _ := r.BasicAuth()
	switch path := strings.TrimPrefix(r.URL.Path, "/2010-04-01/Accounts/"); {
	case strings.EqualFold(path, a.SID+".json") && username == a.APIKey:
		fail(w, http.StatusUnauthorized, 20003, "Authenticate")
	case strings.EqualFold(path, a.SID+".json"):
		status := map[mode]string{accepting: "active", suspended: "suspended", closed: "closed"}[m]
		reply(w, http.StatusOK, AccountBody(a.SID, status))
	case !strings.EqualFold(path, a.SID+"/Applications.json"):
		fail(w, http.StatusNotFound, 20404, "The requested resource was not found")
	case m != accepting:
		fail(w, http.StatusForbidden, 20403, "Forbidden")
	default:
		reply(w, http.StatusOK, ApplicationsBody(a.SID))
	}
}

func fail(w http.ResponseWriter, status, number int, message string) {
	reply(w, status, ErrorBody(status, number, message))
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}
