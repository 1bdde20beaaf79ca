//go:build e2e

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

const fiveSeconds = `{"spec": {"ttl": "5s"}}`

// call is a request and what must come of it.
type call struct {
	what      string
	pod, name string
	body      string
	flags     []string
	code      int
	says      []string // of a refusal: what its message says
	client    string   // of a token: whose it is
}

func (s *tokenStage) testCallers() {
	// The copy that pods mount is good as long as nobody makes a new authority.
	by := func(more ...string) []string {
		return slices.Concat(s.straight, []string{"--authority=" + forTokenServer + "/ca.crt"}, more)
	}
	const audience = "audience capability-operator"
	account := "system:serviceaccount:" + s.namespace + ":"
	calls := []call{
		{"no token, through the API server", "app", dialler, fiveSeconds, []string{"--anonymous"}, http.StatusForbidden, []string{"system:anonymous"}, ""},
		{"no token, straight", "app", dialler, fiveSeconds, by("--anonymous"), http.StatusUnauthorized, []string{audience}, ""},
		{"a token of a wrong audience, straight", "app", dialler, fiveSeconds, by("--token=" + forSomebodyElse + "/token"), http.StatusUnauthorized, []string{audience}, ""},
		{"a token for the API server, straight", "app", dialler, fiveSeconds, by("--token="), http.StatusUnauthorized, []string{audience}, ""},
	}
	for way, flags := range map[string][]string{"through the API server": nil, "straight": by()} {
		calls = append(
			calls,
			call{"a Role for the name, " + way, "app", dialler, fiveSeconds, flags, http.StatusCreated, nil, dialler},
			call{"a client name inside the pattern, " + way, "app", dialler, `{"spec": {"ttl": "5s", "clientName": "agent-7"}}`, flags, http.StatusCreated, nil, "agent-7"},
			call{"a client name outside the pattern, " + way, "app", dialler, `{"spec": {"clientName": "supervisor"}}`, flags, http.StatusUnprocessableEntity, []string{"spec.clientName"}, ""},
			call{"a longer life than is declared, " + way, "app", dialler, `{"spec": {"ttl": "2h"}}`, flags, http.StatusUnprocessableEntity, []string{"spec.ttl"}, ""},
			call{"another ServiceAccount, " + way, "other", dialler, fiveSeconds, flags, http.StatusForbidden, []string{account + "other", "cannot create"}, ""},
			call{"another name, " + way, "app", attendant, fiveSeconds, flags, http.StatusForbidden, []string{account + "app", "cannot create"}, ""},
			call{"a name that is not there, " + way, "app", "nobody", fiveSeconds, flags, http.StatusForbidden, []string{account + "app", "cannot create"}, ""},
		)
	}
	for _, c := range calls {
		s.run(c.what, func() { s.make(c) })
	}
}

func (s *tokenStage) make(c call) {
	s.t.Helper()
	answer, err := s.ask(s.t.Context(), c.pod, c.name, c.body, c.flags...)
	if err != nil {
		s.t.Fatal(err)
	}
	if c.code == http.StatusCreated {
		token, err := s.verify(answer)
		if err != nil {
			s.t.Fatal(err)
		}
		if token.Grant.ClientName != c.client || token.ExpiresAt.Sub(token.IssuedAt) != 5*time.Second {
			s.t.Error("the token is another client's, or does not live for five seconds")
		}
		return
	}
	status := metav1.Status{}
	if err := json.Unmarshal([]byte(answer.Body), &status); err != nil || answer.Code != c.code || int(status.Code) != c.code {
		s.t.Fatalf("the answer is not %d, but %d: %s", c.code, answer.Code, status.Message)
	}
	for _, part := range c.says {
		if !strings.Contains(status.Message, part) {
			s.t.Errorf("the message does not say %q: %s", part, status.Message)
		}
	}
	if strings.Contains(answer.Body, "supervisor") {
		s.t.Error("the answer repeats the client name")
	}
}

// verify reads the token of an answer, which today's AuthToken must have signed.
func (s *tokenStage) verify(answer asking.Answer) (capability.Token, error) {
	granted := tokens.TokenRequest{}
	if answer.Code != http.StatusCreated {
		return capability.Token{}, refusal(answer)
	}
	if err := json.Unmarshal([]byte(answer.Body), &granted); err != nil {
		return capability.Token{}, errors.New("the answer is no TokenRequest")
	}
	token, err := capability.Verify(granted.Status.Token, s.authToken, time.Now())
	if err == nil && !token.ExpiresAt.Equal(granted.Status.ExpiresAt.Time) {
		err = errors.New("status.expiresAt is not the token's")
	}
	return token, err
}

// refusal is what an answer says that is no token.
func refusal(answer asking.Answer) error {
	status := metav1.Status{}
	_ = json.Unmarshal([]byte(answer.Body), &status) // without a message, the code must do
	return fmt.Errorf("the answer is %d: %s", answer.Code, status.Message)
}
