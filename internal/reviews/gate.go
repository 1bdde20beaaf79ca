package reviews

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

const (
	// sayEvery is the time between two lines of the log about questions that fail.
	sayEvery = 30 * time.Second
	// comeBackAfter is what a caller is told to wait where nobody could tell, in
	// seconds.
	comeBackAfter = "5"
)

// Gate lets through who may.
type Gate struct {
	answers *answers
	log     logr.Logger
	how     string

	mu   sync.Mutex
	said time.Time
}

// NewGate returns a Gate that asks the API server. how is what a caller without
// the right is told to do about it.
func NewGate(config *rest.Config, client *http.Client, log logr.Logger, how string) (*Gate, error) {
	asked, err := newReviewer(config, client)
	if err != nil {
		return nil, err
	}
	return &Gate{answers: newAnswers(asked), log: log, how: how}, nil
}

// Around is the handler with the gate before it.
func (g *Gate) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		token := bearer(req)
		if token == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "send a bearer token: "+g.how, http.StatusUnauthorized)
			return
		}
		answer, err := g.answers.of(req.Context(), question{token: token, verb: strings.ToLower(req.Method), path: req.URL.Path})
		switch {
		case err != nil:
			g.tell(req, token, err)
			w.Header().Set("Retry-After", comeBackAfter)
			http.Error(w, "whether you may can't be asked of the API server at present; the log says why", http.StatusServiceUnavailable)
		case answer.verdict == stranger:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, "the API server does not know this token, or no longer: "+g.how, http.StatusUnauthorized)
		case answer.verdict == refused:
			http.Error(w, fmt.Sprintf("%s may not %s %s: %s", answer.user, strings.ToLower(req.Method), req.URL.Path, g.how), http.StatusForbidden)
		default:
			// Nothing behind this needs the credential.
			req = req.Clone(req.Context())
			req.Header.Del("Authorization")
			next.ServeHTTP(w, req)
		}
	})
}

// bearer is the request's token; empty where it has none.
func bearer(req *http.Request) string {
	scheme, token, found := strings.Cut(strings.TrimSpace(req.Header.Get("Authorization")), " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// tell logs now and then why nobody could tell, without the token, which who stands
// between may have quoted. Who left before the answer came is no fault of the API
// server's.
func (g *Gate) tell(req *http.Request, token string, err error) {
	if req.Context().Err() != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.said.IsZero() && time.Since(g.said) < sayEvery {
		return
	}
	g.said = time.Now()
	err = errors.New(strings.ReplaceAll(err.Error(), token, "[the token]"))
	g.log.Error(err, "Whether a caller may read a page could not be asked", "path", req.URL.Path)
}
