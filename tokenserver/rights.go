package tokenserver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/util/webhook"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
)

const (
	// rightsFor is how long a right holds that the API server confirmed: one that
	// is withdrawn ends within ten seconds, the API server's own lag included.
	rightsFor = 5 * time.Second
	// noRightFor is short, because who is granted a right tries again at once.
	noRightFor = 2 * time.Second
	// answersHeld is how many answers are remembered. With longestPath it bounds what
	// callers can fill.
	answersHeld = 4096
)

// rights asks the API server what callers may do, and remembers the answers for a
// short while. The library's own does so too, and logs each question that fails.
type rights struct {
	client authorizationclient.SubjectAccessReviewInterface
	known  *cache.LRUExpireCache
	outage *outage
}

func newRights(client authorizationclient.SubjectAccessReviewInterface, outage *outage) *rights {
	return &rights{client: client, known: cache.NewLRUExpireCache(answersHeld), outage: outage}
}

// authorize is an authorizer.AuthorizerFunc. Where it returns an error, nobody could
// tell.
func (r *rights) authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	question := questionOf(a)
	key, err := json.Marshal(question)
	if err != nil { // texts and lists of texts can be written
		return authorizer.DecisionNoOpinion, "", fmt.Errorf("writing the question: %w", err)
	}
	if decision, ok := r.known.Get(string(key)); ok {
		return decision.(authorizer.Decision), "", nil
	}
	decision, err := r.ask(ctx, question)
	if err != nil {
		return authorizer.DecisionNoOpinion, "", err
	}
	r.known.Add(string(key), decision, lastingOf(decision))
	return decision, "", nil
}

func (r *rights) ask(ctx context.Context, question authorizationv1.SubjectAccessReviewSpec) (authorizer.Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	var answer *authorizationv1.SubjectAccessReview
	tries := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 3}
	err := webhook.WithExponentialBackoff(ctx, tries, func() (err error) {
		answer, err = r.client.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: question}, metav1.CreateOptions{})
		return err
	}, webhook.DefaultShouldRetry)
	if err != nil {
		return authorizer.DecisionNoOpinion, fmt.Errorf("asking the API server what a caller may do: %w", err)
	}
	r.outage.over()
	if answer.Status.Allowed && !answer.Status.Denied {
		return authorizer.DecisionAllow, nil
	}
	return authorizer.DecisionNoOpinion, nil
}

func lastingOf(decision authorizer.Decision) time.Duration {
	if decision == authorizer.DecisionAllow {
		return rightsFor
	}
	return noRightFor
}

// questionOf leaves selectors out, which lists and watches have: it asks for more
// then, and none are served here.
func questionOf(a authorizer.Attributes) authorizationv1.SubjectAccessReviewSpec {
	who := a.GetUser()
	question := authorizationv1.SubjectAccessReviewSpec{User: who.GetName(), UID: who.GetUID(), Groups: who.GetGroups()}
	if extra := who.GetExtra(); len(extra) > 0 {
		question.Extra = make(map[string]authorizationv1.ExtraValue, len(extra))
		for key, values := range extra {
			question.Extra[key] = values
		}
	}
	if !a.IsResourceRequest() {
		question.NonResourceAttributes = &authorizationv1.NonResourceAttributes{Path: a.GetPath(), Verb: a.GetVerb()}
		return question
	}
	question.ResourceAttributes = &authorizationv1.ResourceAttributes{
		Namespace:   a.GetNamespace(),
		Verb:        a.GetVerb(),
		Group:       a.GetAPIGroup(),
		Version:     a.GetAPIVersion(),
		Resource:    a.GetResource(),
		Subresource: a.GetSubresource(),
		Name:        a.GetName(),
	}
	return question
}
