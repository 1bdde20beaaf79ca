package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
)

// problem is why there is no token. The page knows each code, and has the words for its user; the message is for who
// looks at the answer or the log. It holds no token, no client name and no credential.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`

	status     int
	retryAfter int // seconds; 0 leaves it to the page
}

func (p *problem) Error() string { return p.Message }

// The codes; web/words.js has one entry for each.
const (
	notYours       = "not-yours"      // the mounted token is somebody else's
	nameRefused    = "name-refused"   // the declaration allows no client of this name
	tokenExpiring  = "token-expiring" // the mounted token has too little left: nobody renews it
	tokenMissing   = "token-missing"  // there is no file, or no token in it
	notGranted     = "not-granted"    // the declaration grants nothing at present
	notPermitted   = "not-permitted"  // this backend may not ask for tokens
	unreachable    = "unreachable"    // the on-demand API does not answer
	notConfigured  = "not-configured" // this backend has no such way to get a token
	retrySoon      = 5                // seconds after which a mounted file may be another
	retryAfterName = "Retry-After"    // the header
	jsonType       = "application/json"
)

func writeProblem(w http.ResponseWriter, log *slog.Logger, p *problem) {
	log.Warn("No token", "code", p.Code, "cause", p.Message)
	if p.retryAfter > 0 {
		w.Header().Set(retryAfterName, strconv.Itoa(p.retryAfter))
	}
	writeJSON(w, p.status, p)
}

func writeJSON(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(content) // it fails only where the browser is gone
}
