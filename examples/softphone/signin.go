package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
)

// demoSignIn is for demonstrations: HTTP Basic with the passwords of a mounted Secret, in which each key is a user's
// name. Put your own sign-in in its place, for instance what your proxy says of who asks. All that the rest needs is
// its one method: the name of the user, and whether somebody is signed in.
//
// That name becomes the client name of the token. It must never be taken from what the browser merely says.
type demoSignIn struct {
	folder string
}

// userName is what may be a client name in an Access token, a key of a Secret, and nothing but a name in a path.
var userName = regexp.MustCompile(`^[A-Za-z0-9_]{1,121}$`)

func (s demoSignIn) user(r *http.Request) (string, bool) {
	name, given, ok := r.BasicAuth()
	if !ok || !userName.MatchString(name) {
		return "", false
	}
	wanted, err := s.password(name)
	if err != nil || wanted == "" {
		return "", false
	}
	// Of equal length, so that the comparison tells nothing of the password's.
	givenSum, wantedSum := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return name, subtle.ConstantTimeCompare(givenSum[:], wantedSum[:]) == 1
}

func (s demoSignIn) password(name string) (string, error) {
	folder, err := os.OpenRoot(s.folder)
	if err != nil {
		return "", fmt.Errorf("opening the folder of users: %w", err)
	}
	defer func() { _ = folder.Close() }()
	content, err := folder.ReadFile(name)
	return strings.TrimSpace(string(content)), err
}

// demand has the browser ask for name and password.
func (demoSignIn) demand(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Basic realm="softphone", charset="UTF-8"`)
	http.Error(w, "Sign in to use the softphone.", http.StatusUnauthorized)
}
