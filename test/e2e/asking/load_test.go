package asking_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

const authToken = "0123456789abcdef0123456789abcdef"

// server answers as told, and says how many requests it has had.
type server struct {
	*httptest.Server
	requests atomic.Int64
}

// newServer has answer say what comes of the request of that number.
func newServer(t *testing.T, answer func(w http.ResponseWriter, number int64)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, s.requests.Add(1)) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func grant(w http.ResponseWriter, token string) {
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"status": {"token": %q}}`, token)
}

func token(t *testing.T, issuedAt time.Time) string {
	t.Helper()
	text, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef", Grant: capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt: issuedAt, ExpiresAt: issuedAt.Add(time.Minute),
	}, authToken)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// load is one worker that asks as fast as it can.
func load(t *testing.T, s *server) *asking.Load {
	t.Helper()
	folder := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, content := range map[string][]byte{"ca.crt": authority, "token": []byte("of-nobody")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &asking.Load{
		Server: asking.Server{
			URL: s.URL, Name: "example.com", AuthorityFile: filepath.Join(folder, "ca.crt"), TokenFile: filepath.Join(folder, "token"),
		},
		Path: "/token", Body: "{}", Workers: 1, Every: time.Millisecond, Patience: 20 * time.Second,
	}
}

// until runs the load until the server has had so many requests more.
func (s *server) until(t *testing.T, l *asking.Load, requests int64) asking.Counts {
	t.Helper()
	requests += s.requests.Load()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for s.requests.Load() < requests && t.Context().Err() == nil {
		<-ticker.C
	}
	end()
	<-ended
	line := l.Line(time.Now())
	if line.Waiting != 0 {
		t.Errorf("a request still waits for its answer: %g s", line.Waiting)
	}
	return line.Counts
}

func TestWhatBreaksIsTriedAgainAndCounted(t *testing.T) {
	good := token(t, time.Now())
	s := newServer(t, func(w http.ResponseWriter, number int64) {
		switch number {
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprint(w, `{"kind": "Status", "message": "try again"}`)
		case 3:
			panic(http.ErrAbortHandler) // the connection breaks
		case 5:
			grant(w, token(t, time.Now().Add(-time.Hour)))
		default:
			grant(w, good)
		}
	})
	got := s.until(t, load(t, s), 6)
	if got.Answered < 3 || got.Retried != 3 || got.Lost != 0 || got.Causes["503 try again"] != 1 || got.Causes["the token has expired"] != 1 {
		t.Errorf("%+v", got)
	}
}

func TestARefusalIsALoss(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ int64) { w.WriteHeader(http.StatusForbidden) })
	if got := s.until(t, load(t, s), 3); got.Lost < 3 || got.Retried != 0 || got.Answered != 0 || got.Losses["403 "] != got.Lost {
		t.Errorf("%+v", got)
	}
}

func TestARequestIsLostWhenPatienceEnds(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ int64) { w.WriteHeader(http.StatusServiceUnavailable) })
	l := load(t, s)
	l.Patience = 200 * time.Millisecond
	if got := s.until(t, l, 2); got.Lost == 0 || got.Retried == 0 || got.Answered != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAConnectionIsKeptOrMadeAnew(t *testing.T) {
	good := token(t, time.Now())
	s := newServer(t, func(w http.ResponseWriter, _ int64) { grant(w, good) })
	if got := s.until(t, load(t, s), 5); got.Dialed != 1 || got.Lost != 0 {
		t.Errorf("kept: %+v", got)
	}
	l := load(t, s)
	l.Anew = true
	if got := s.until(t, l, 5); got.Dialed != got.Answered || got.Answered < 5 {
		t.Errorf("anew: %+v", got)
	}
}

func TestNoLineHoldsAToken(t *testing.T) {
	good, torn := token(t, time.Now()), token(t, time.Now())[:80]
	s := newServer(t, func(w http.ResponseWriter, number int64) {
		if number%2 == 0 {
			grant(w, torn)
			return
		}
		grant(w, good)
	})
	l := load(t, s)
	s.until(t, l, 6)
	text, err := json.Marshal(l.Line(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "eyJ") || strings.Contains(string(text), "of-nobody") || !strings.Contains(string(text), "can't be read") {
		t.Errorf("%s", text)
	}
}
