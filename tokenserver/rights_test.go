package tokenserver

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

// judge is an API server that answers each SubjectAccessReview so.
type judge struct {
	status authorizationv1.SubjectAccessReviewStatus
	err    error
	asked  []authorizationv1.SubjectAccessReviewSpec
	rights *rights
	log    bytes.Buffer
}

func judging(status authorizationv1.SubjectAccessReviewStatus, err error) *judge {
	j := &judge{status: status, err: err}
	client := fake.NewClientset()
	client.PrependReactor("create", "subjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		create, ok := action.(clienttesting.CreateAction)
		if !ok {
			return true, nil, errors.New("no creation")
		}
		review, ok := create.GetObject().(*authorizationv1.SubjectAccessReview)
		if !ok {
			return true, nil, errors.New("no review")
		}
		j.asked = append(j.asked, review.Spec)
		review.Status = j.status
		return true, review, j.err
	})
	config := Config{Clock: clock.RealClock{}, Log: logr.FromSlogHandler(slog.NewTextHandler(&j.log, nil))}
	j.rights = newRights(client.AuthorizationV1().SubjectAccessReviews(), newOutage("what callers may do", config))
	return j
}

func wanting(name string) authorizer.AttributesRecord {
	return authorizer.AttributesRecord{
		User: &user.DefaultInfo{Name: "joe", UID: "1", Groups: []string{"a", "b"}, Extra: map[string][]string{"from": {"here", "there"}}},
		Verb: "create", APIGroup: "tokens.voice.capability-operator.io", APIVersion: "v1alpha1", Namespace: "support",
		Resource: "clientcapabilities", Subresource: "token", Name: name, ResourceRequest: true,
	}
}

func TestTheAPIServerIsAskedOnceForWhatItAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status authorizationv1.SubjectAccessReviewStatus
		want   authorizer.Decision
	}{
		"yes":         {authorizationv1.SubjectAccessReviewStatus{Allowed: true, Reason: "RBAC: says which roles there are"}, authorizer.DecisionAllow},
		"no":          {authorizationv1.SubjectAccessReviewStatus{}, authorizer.DecisionNoOpinion},
		"yes and no":  {authorizationv1.SubjectAccessReviewStatus{Allowed: true, Denied: true}, authorizer.DecisionNoOpinion},
		"a clear no":  {authorizationv1.SubjectAccessReviewStatus{Denied: true}, authorizer.DecisionNoOpinion},
		"a fault, no": {authorizationv1.SubjectAccessReviewStatus{EvaluationError: "a role is missing"}, authorizer.DecisionNoOpinion},
	} {
		t.Run(name, func(t *testing.T) {
			j := judging(test.status, nil)
			for range 3 {
				got, reason, err := j.rights.authorize(t.Context(), wanting("tommy"))
				if got != test.want || reason != "" || err != nil {
					t.Errorf("%v, %q, %v", got, reason, err)
				}
			}
			if len(j.asked) != 1 {
				t.Errorf("it was asked %d times", len(j.asked))
			}
		})
	}
}

func TestTheAPIServerIsAskedAboutTheWholeOfIt(t *testing.T) {
	j := judging(authorizationv1.SubjectAccessReviewStatus{Allowed: true}, nil)
	path := authorizer.AttributesRecord{User: &user.DefaultInfo{Name: "joe"}, Verb: "get", Path: "/metrics"}
	others := []authorizer.AttributesRecord{wanting("tommy"), wanting("sarah"), path}
	for what, change := range map[string]func(*authorizer.AttributesRecord, *user.DefaultInfo){
		"name": func(_ *authorizer.AttributesRecord, u *user.DefaultInfo) { u.Name = "jane" },
		"uid":  func(_ *authorizer.AttributesRecord, u *user.DefaultInfo) { u.UID = "2" },
		// Not one list that reads the same when it is joined.
		"groups": func(_ *authorizer.AttributesRecord, u *user.DefaultInfo) { u.Groups = []string{"a,b"} },
		"extra": func(_ *authorizer.AttributesRecord, u *user.DefaultInfo) {
			u.Extra = map[string][]string{"from": {"here"}}
		},
		"verb":        func(a *authorizer.AttributesRecord, _ *user.DefaultInfo) { a.Verb = "update" },
		"group":       func(a *authorizer.AttributesRecord, _ *user.DefaultInfo) { a.APIGroup = "voice" },
		"version":     func(a *authorizer.AttributesRecord, _ *user.DefaultInfo) { a.APIVersion = "v1" },
		"namespace":   func(a *authorizer.AttributesRecord, _ *user.DefaultInfo) { a.Namespace = "sales" },
		"resource":    func(a *authorizer.AttributesRecord, _ *user.DefaultInfo) { a.Resource = "others" },
		"subresource": func(a *authorizer.AttributesRecord, _ *user.DefaultInfo) { a.Subresource = "status" },
	} {
		other := wanting("tommy")
		who, ok := other.User.(*user.DefaultInfo)
		if !ok {
			t.Fatal(what)
		}
		change(&other, who)
		others = append(others, other)
	}
	for _, a := range others {
		if _, _, err := j.rights.authorize(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if len(j.asked) != len(others) {
		t.Errorf("of %d questions, %d were asked", len(others), len(j.asked))
	}
	want := []authorizationv1.SubjectAccessReviewSpec{
		{
			User: "joe", UID: "1", Groups: []string{"a", "b"}, Extra: map[string]authorizationv1.ExtraValue{"from": {"here", "there"}},
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: "support", Verb: "create", Group: "tokens.voice.capability-operator.io", Version: "v1alpha1",
				Resource: "clientcapabilities", Subresource: "token", Name: "tommy",
			},
		},
		{User: "joe", NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/metrics", Verb: "get"}},
	}
	for i, asked := range []authorizationv1.SubjectAccessReviewSpec{j.asked[0], j.asked[2]} {
		if !reflect.DeepEqual(asked, want[i]) {
			t.Errorf("asked was\n%+v\nand not\n%+v", asked, want[i])
		}
	}
}

func TestAQuestionThatFailsIsAskedAgainAndToldOfOnce(t *testing.T) {
	j := judging(authorizationv1.SubjectAccessReviewStatus{Allowed: true}, errors.New("away"))
	klog.SetLogger(j.rights.outage.log) // what the libraries have to say
	defer klog.ClearLogger()
	for range 20 {
		got, _, err := j.rights.authorize(t.Context(), wanting("tommy"))
		if got != authorizer.DecisionNoOpinion || err == nil {
			t.Fatalf("%v, %v", got, err)
		}
		j.rights.outage.affects(err) // as the server does
	}
	if len(j.asked) != 20 {
		t.Errorf("it was asked %d times", len(j.asked))
	}
	j.err = nil
	if got, _, err := j.rights.authorize(t.Context(), wanting("tommy")); got != authorizer.DecisionAllow || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if lines := strings.Count(j.log.String(), "\n"); lines != 2 || !strings.Contains(j.log.String(), "requests=20") {
		t.Errorf("the log has %d lines:\n%s", lines, &j.log)
	}
}

func TestAQuestionEndsWithItsRequest(t *testing.T) {
	j := judging(authorizationv1.SubjectAccessReviewStatus{Allowed: true}, nil)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if got, _, err := j.rights.authorize(gone, wanting("tommy")); err == nil || got == authorizer.DecisionAllow || len(j.asked) > 0 {
		t.Errorf("%v, %v; asked %d times", got, err, len(j.asked))
	}
}
