package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// Token asks for a token on demand and writes it, or with a format for programs the
// whole answer. What is left empty of the request is as it is declared.
func (s *Session) Token(ctx context.Context, name string, request tokens.TokenRequestSpec) error {
	if s.Namespace == "" {
		return Usage("an object is named in one namespace: leave --all-namespaces out")
	}
	answer := &tokens.TokenRequest{}
	err := s.Tokens.Post().Namespace(s.Namespace).Resource("clientcapabilities").Name(name).SubResource("token").
		Body(&tokens.TokenRequest{Spec: request}).Do(ctx).Into(answer)
	if err != nil {
		return s.refused(ctx, err, name)
	}
	if s.Format.forPrograms() {
		answer.APIVersion, answer.Kind = tokens.GroupVersion.String(), "TokenRequest"
		return s.print(answer)
	}
	return s.write(answer.Status.Token + "\n")
}

// refused says what a caller who got no token can do.
func (s *Session) refused(ctx context.Context, err error, name string) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return fmt.Errorf("asking for a token: %w", err)
	}
	where := fmt.Sprintf("ClientCapability %s in the namespace %s", name, s.Namespace)
	switch code := status.Status().Code; {
	case isUnknownKind(err):
		return errors.New("tokens on demand are not installed in this cluster (kubectl apply -k config/ondemand); a token that is kept in a Secret is shown by: kubectl capability inspect " +
			name + " -n " + s.Namespace + " --raw")
	case code == http.StatusNotFound:
		return explained(err, "get", s.Namespace, name)
	case code == http.StatusForbidden:
		return fmt.Errorf("you may not create a token of %s; whoever has the ClusterRole capability-operator-token-requester there, by a RoleBinding, may", where)
	case code == http.StatusConflict:
		return s.grantsNothing(ctx, status.Status(), where, name)
	case code == http.StatusUnprocessableEntity:
		return fmt.Errorf("%s does not grant that: %s", where, causesOf(status.Status()))
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable, code == http.StatusBadGateway, code == http.StatusGatewayTimeout:
		return fmt.Errorf("the token server does not answer now (%w); try again, and if it stays so see: kubectl get apiservice %s.%s", err, tokens.GroupVersion.Version, tokens.GroupName)
	}
	return fmt.Errorf("asking for a token: %w", err)
}

// grantsNothing tells of a ClientCapability that grants nothing to anybody at present.
func (s *Session) grantsNothing(ctx context.Context, status metav1.Status, where, name string) error {
	cause := metav1.StatusCause{Message: status.Message}
	if status.Details != nil && len(status.Details.Causes) > 0 {
		cause = status.Details.Causes[0]
	}
	p := &page{}
	p.title(where+" grants no token at present: "+string(cause.Type), terminal.Bad)
	p.says(cause.Message)
	if c, err := s.capability(ctx, name); err == nil { // who may not read it may ask for a token all the same
		if a, ok := advice.ForCapability(string(cause.Type), advice.About(c)); ok {
			p.steps(a)
		}
	}
	fmt.Fprint(s.Err, p.text.String())
	return ErrFault
}

// causesOf are the causes of a refusal, which name the fields, or its message.
func causesOf(status metav1.Status) string {
	if status.Details == nil || len(status.Details.Causes) == 0 {
		return status.Message
	}
	said := make([]string, len(status.Details.Causes))
	for i, cause := range status.Details.Causes {
		said[i] = strings.TrimSpace(cause.Field + " " + strings.TrimPrefix(cause.Message, "Invalid value: "))
	}
	return strings.Join(said, "; ")
}
