//go:build faults

package faults_test

import (
	"net/http"
	"strings"
)

// Kinds of requests that tests count and break.
const (
	createSecret = "create a Secret"
	patchSecret  = "patch a Secret"
	deleteSecret = "delete a Secret"
	patchStatus  = "patch a status"
	patchAccount = "patch the status of a ClusterAccount"
	createEvent  = "create an event"
	patchEvent   = "patch an event"
	anyRead      = "read"
	anyWatch     = "watch"
	other        = "other"
)

// kindOf names a request by what it is about.
func kindOf(r *http.Request) string {
	about := ""
	switch {
	case strings.HasSuffix(r.URL.Path, "/status") && strings.Contains(r.URL.Path, "/clientcapabilities/"):
		about = "a status"
	case strings.HasSuffix(r.URL.Path, "/status") && strings.Contains(r.URL.Path, "/clusteraccounts/"):
		about = "the status of a ClusterAccount"
	case strings.Contains(r.URL.Path, "/secrets"):
		about = "a Secret"
	case strings.Contains(r.URL.Path, "/events"):
		about = "an event"
	}
	switch {
	case isWatch(r):
		return anyWatch
	case r.Method == http.MethodGet:
		return anyRead
	case about == "":
		return other
	}
	verb := map[string]string{http.MethodPost: "create", http.MethodPatch: "patch", http.MethodDelete: "delete"}[r.Method]
	return verb + " " + about
}

func isWatch(r *http.Request) bool {
	watch := r.URL.Query().Get("watch")
	return watch == "true" || watch == "1"
}

// kinds matches the requests of these kinds.
func kinds(wanted ...string) matcher {
	return func(r *http.Request) bool {
		kind := kindOf(r)
		for _, w := range wanted {
			if w == kind {
				return true
			}
		}
		return false
	}
}

// writes of tokens and of what is said about them.
func writes() matcher { return kinds(createSecret, patchSecret, deleteSecret, patchStatus) }

// tokenWrites are those that put a token into a Secret.
func tokenWrites() matcher { return kinds(createSecret, patchSecret) }
