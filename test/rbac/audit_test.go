package rbac_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// auditPolicy has the API server log what ServiceAccounts ask for, and how that was answered.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  userGroups: ["system:serviceaccounts"]
- level: None
`

func auditLog() string { return filepath.Join(dir, "audit.log") }

// auditedSoFar is how long the log is, in whole lines.
func auditedSoFar(t *testing.T) int64 {
	t.Helper()
	log, err := os.ReadFile(auditLog())
	if err != nil {
		t.Fatal(err)
	}
	return int64(bytes.LastIndexByte(log, '\n') + 1)
}

// request is what the audit log says of one.
type request struct {
	right   right
	refused bool
}

var ofAProgram = regexp.MustCompile("^(manager|tokenserver)/")

type auditEvent struct {
	Verb      string `json:"verb"`
	UserAgent string `json:"userAgent"`
	User      struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef *struct {
		Resource    string `json:"resource"`
		APIGroup    string `json:"apiGroup"`
		Subresource string `json:"subresource"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// requests are those that a program has made of resources since the log was so long; not those that a test has made in its
// name.
func requests(user string, since int64) ([]request, error) {
	log, err := os.ReadFile(auditLog())
	if err != nil {
		return nil, err
	}
	log = log[since:]
	var made []request
	for line := range bytes.Lines(log) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is still being written
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, err
		}
		if event.User.Username != user || event.ObjectRef == nil || !ofAProgram.MatchString(event.UserAgent) {
			continue
		}
		of := event.ObjectRef
		resource := strings.TrimPrefix(of.APIGroup+"/"+of.Resource, "/")
		if of.Subresource != "" {
			resource += "/" + of.Subresource
		}
		made = append(made, request{right{event.Verb, resource, of.Name}, event.ResponseStatus.Code == http.StatusForbidden})
	}
	return made, nil
}
