package rbac_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
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

// request is what the audit log says of one.
type request struct {
	right   right
	refused bool
}

type auditEvent struct {
	Verb string `json:"verb"`
	User struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef *struct {
		Resource    string `json:"resource"`
		APIGroup    string `json:"apiGroup"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// requests are those that a user has made of resources.
func requests(user string) ([]request, error) {
	log, err := os.ReadFile(auditLog())
	if err != nil {
		return nil, err
	}
	var made []request
	for line := range bytes.Lines(log) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is still being written
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, err
		}
		if event.User.Username != user || event.ObjectRef == nil {
			continue
		}
		of := event.ObjectRef
		resource := strings.TrimPrefix(of.APIGroup+"/"+of.Resource, "/")
		if of.Subresource != "" {
			resource += "/" + of.Subresource
		}
		made = append(made, request{right{event.Verb, resource}, event.ResponseStatus.Code == http.StatusForbidden})
	}
	return made, nil
}
