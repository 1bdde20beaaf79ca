package reviews

import (
	"context"
	"fmt"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
)

// reviewer asks the API server.
type reviewer struct {
	tokens authenticationclient.TokenReviewInterface
	rights authorizationclient.SubjectAccessReviewInterface
}

func newReviewer(config *rest.Config, client *http.Client) (*reviewer, error) {
	authentication, err := authenticationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, fmt.Errorf("making a client for reviews of tokens: %w", err)
	}
	authorization, err := authorizationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, fmt.Errorf("making a client for reviews of rights: %w", err)
	}
	return &reviewer{tokens: authentication.TokenReviews(), rights: authorization.SubjectAccessReviews()}, nil
}

// ask has the token reviewed for the API server's own audience, and then the right
// of whose it is.
func (r *reviewer) ask(ctx context.Context, q question) (answer, error) {
	who, err := r.tokens.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: q.token},
	}, metav1.CreateOptions{})
	if err != nil {
		return answer{}, fmt.Errorf("asking the API server whose a token is, for which the right to create tokenreviews.authentication.k8s.io is needed: %w", err)
	}
	if !who.Status.Authenticated {
		return answer{verdict: stranger}, nil
	}
	user := who.Status.User
	asked := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extraOf(user),
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: q.path, Verb: q.verb},
	}}
	may, err := r.rights.Create(ctx, asked, metav1.CreateOptions{})
	if err != nil {
		return answer{}, fmt.Errorf("asking the API server what a caller may do, for which the right to create subjectaccessreviews.authorization.k8s.io is needed: %w", err)
	}
	if may.Status.Allowed && !may.Status.Denied {
		return answer{verdict: permitted, user: user.Username}, nil
	}
	return answer{verdict: refused, user: user.Username}, nil
}

func extraOf(user authenticationv1.UserInfo) map[string]authorizationv1.ExtraValue {
	if len(user.Extra) == 0 {
		return nil
	}
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	return extra
}
