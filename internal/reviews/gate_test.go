package reviews

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"k8s.io/apimachinery/pkg/util/cache"
)

// apiServer stands in for one: it knows tokens by what may be done with them.
type apiServer struct {
	knows map[string]answer
	fails error
	asked atomic.Int32
	// holds every question until it is closed; nil for none.
	holds chan struct{}
}

func (s *apiServer) ask(ctx context.Context, q question) (answer, error) {
	s.asked.Add(1)
	if s.holds != nil {
		select {
		case <-s.holds:
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
	if s.fails != nil {
		return answer{}, s.fails
	}
	known, ok := s.knows[q.token]
	if !ok {
		return answer{verdict: stranger}, nil
	}
	return known, nil
}

const (
	scraper = "eyJhbGciOiJSUzI1NiJ9.scraper"
	tommy   = "eyJhbGciOiJSUzI1NiJ9.tommy"
)

func everybody() map[string]answer {
	return map[string]answer{
		scraper: {permitted, "system:serviceaccount:monitoring:prometheus"},
		tommy:   {refused, "system:serviceaccount:support:tommy"},
	}
}

// gateTo is a gate before a page that says which credentials have come through.
func gateTo(server *apiServer, log logr.Logger) http.Handler {
	gate := &Gate{answers: newAnswers(server), log: log, how: "bind it the role of readers"}
	return gate.Around(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, "the page"+req.Header.Get("Authorization"))
	}))
}

func call(t *testing.T, handler http.Handler, authorization string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, request)
	return response
}

func TestACallerIsToldWhyItIsNotLetThrough(t *testing.T) {
	away := errors.New("connection refused")
	for name, test := range map[string]struct {
		authorization string
		fails         error
		code          int
		says          string
	}{
		"nobody":                   {"", nil, http.StatusUnauthorized, "send a bearer token"},
		"a password":               {"Basic dG9tbXk6dG9tbXk=", nil, http.StatusUnauthorized, "send a bearer token"},
		"a token without its word": {scraper, nil, http.StatusUnauthorized, "send a bearer token"},
		"an empty token":           {"Bearer  ", nil, http.StatusUnauthorized, "send a bearer token"},
		"an invented token":        {"Bearer invented", nil, http.StatusUnauthorized, "does not know this token"},
		"one without the right":    {"Bearer " + tommy, nil, http.StatusForbidden, "system:serviceaccount:support:tommy may not get /metrics: bind it the role of readers"},
		"one that nobody judges":   {"Bearer " + scraper, away, http.StatusServiceUnavailable, "can't be asked of the API server"},
	} {
		t.Run(name, func(t *testing.T) {
			got := call(t, gateTo(&apiServer{knows: everybody(), fails: test.fails}, logr.Discard()), test.authorization)
			if got.Code != test.code || !strings.Contains(got.Body.String(), test.says) {
				t.Errorf("it is told %d %s", got.Code, got.Body)
			}
			if strings.Contains(got.Body.String(), "the page") {
				t.Error("it is let through")
			}
			if (got.Code == http.StatusUnauthorized) != (got.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("the headers are %v", got.Header())
			}
		})
	}
}

func TestWhoMayIsLetThroughAndItsTokenIsNot(t *testing.T) {
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
		got := call(t, gateTo(&apiServer{knows: everybody()}, logr.Discard()), scheme+scraper)
		if got.Code != http.StatusOK || got.Body.String() != "the page" {
			t.Errorf("%q gives %d %s", scheme, got.Code, got.Body)
		}
	}
}

func TestAnAnswerIsRememberedForAWhileAndAFailureIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &apiServer{knows: everybody()}
		gate := gateTo(server, logr.Discard())
		asks := func(authorization string) bool {
			before := server.asked.Load()
			call(t, gate, authorization)
			return server.asked.Load() > before
		}
		if !asks("Bearer "+scraper) || asks("Bearer "+scraper) || asks("Bearer "+scraper) {
			t.Error("who may is not asked for once")
		}
		if !asks("Bearer "+tommy) || asks("Bearer "+tommy) || !asks("Bearer invented") || asks("Bearer invented") {
			t.Error("who may not is not asked for once")
		}
		<-time.After(refusedFor + time.Second)
		if !asks("Bearer "+tommy) || asks("Bearer "+scraper) {
			t.Error("a refusal should be forgotten by now, and a permission should not")
		}
		delete(server.knows, scraper) // it is withdrawn
		<-time.After(permittedFor)
		if got := call(t, gate, "Bearer "+scraper); got.Code != http.StatusUnauthorized {
			t.Errorf("who may no longer still gets %d", got.Code)
		}
		server.fails = errors.New("connection refused")
		for range 2 {
			if !asks("Bearer other") {
				t.Error("a failure is remembered")
			}
		}
	})
}

func TestNoTokenIsKept(t *testing.T) {
	known := cache.NewLRUExpireCache(answersHeld)
	kept := newAnswersAt(&apiServer{knows: everybody()}, known)
	for _, token := range []string{scraper, tommy, "invented"} {
		if _, err := kept.of(t.Context(), question{token: token, verb: "get", path: "/metrics"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range known.Keys() {
		name := key.([32]byte)
		if strings.Contains(string(name[:]), "eyJ") || strings.Contains(string(name[:]), "invented") {
			t.Error("an answer is remembered under its token")
		}
	}
	if len(known.Keys()) != 3 {
		t.Errorf("%d answers are remembered", len(known.Keys()))
	}
}

func TestInventedTokensFillABoundedPlace(t *testing.T) {
	known := cache.NewLRUExpireCache(answersHeld)
	kept := newAnswersAt(&apiServer{}, known)
	for i := range 3 * answersHeld {
		if _, err := kept.of(t.Context(), question{token: strings.Repeat("x", i), verb: "get", path: "/metrics"}); err != nil {
			t.Fatal(err)
		}
	}
	if held := len(known.Keys()); held != answersHeld {
		t.Errorf("%d answers are remembered", held)
	}
}

func TestAnAnswerIsOneForItsVerbAndPathAlone(t *testing.T) {
	kept := newAnswers(&apiServer{knows: everybody()})
	of := question{token: scraper, verb: "get", path: "/metrics"}
	for _, other := range []question{{scraper, "post", "/metrics"}, {scraper, "get", "/debug"}, {scraper + "/metrics", "get", ""}} {
		if kept.name(of) == kept.name(other) {
			t.Errorf("%v passes for %v", other.path, of.path)
		}
	}
}

func TestWhoIsKnownWaitsForNobodyElsesQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &apiServer{knows: everybody()}
		gate := gateTo(server, logr.Discard())
		call(t, gate, "Bearer "+scraper)
		server.holds = make(chan struct{})
		answers := make(chan int, 3*atOnce)
		for i := range cap(answers) {
			go func() { answers <- call(t, gate, "Bearer "+strings.Repeat("x", i+1)).Code }()
		}
		synctest.Wait()
		if asked := server.asked.Load(); asked != atOnce+1 {
			t.Errorf("the API server is asked %d questions at once", asked-1)
		}
		if got := call(t, gate, "Bearer "+scraper); got.Code != http.StatusOK {
			t.Errorf("who is known gets %d", got.Code)
		}
		for range cap(answers) { // the API server never answers
			if code := <-answers; code != http.StatusServiceUnavailable {
				t.Errorf("who is not known gets %d", code)
			}
		}
	})
}

func TestWhatFailsIsLoggedNowAndThenWithoutTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
		gate := gateTo(&apiServer{fails: errors.New("connection refused: Bearer " + scraper)}, log)
		for range 5 {
			call(t, gate, "Bearer "+scraper)
		}
		if len(lines) != 1 || !strings.Contains(lines[0], "connection refused") || strings.Contains(lines[0], "eyJ") {
			t.Errorf("it logs %q", lines)
		}
		<-time.After(sayEvery)
		call(t, gate, "Bearer "+scraper)
		if len(lines) != 2 {
			t.Errorf("after a while it logs %q", lines)
		}
	})
}
