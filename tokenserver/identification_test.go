package tokenserver

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/clock"
)

// reviewing is an API server that answers each TokenReview so.
func reviewing(asked *int, status authenticationv1.TokenReviewStatus, err error) *identification {
	client := fake.NewClientset()
	client.PrependReactor("create", "tokenreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		*asked++
		create, ok := action.(clienttesting.CreateAction)
		if !ok {
			return true, nil, errors.New("no creation")
		}
		review, ok := create.GetObject().(*authenticationv1.TokenReview)
		if !ok || !slices.Equal(review.Spec.Audiences, []string{Audience}) {
			return true, nil, errors.New("no review for this server's audience alone")
		}
		review.Status = status
		return true, review, err
	})
	return &identification{tokens: newTokenIdentification(client.AuthenticationV1().TokenReviews(), newOutage("who calls", Config{Clock: clock.RealClock{}})), strangers: newShares(strangersAtOnce)}
}

// abc is a token that says that it is for this server alone.
var abc = saying(`"aud": ["` + Audience + `"], "sub": "joe"`)

// saying is a token that nobody has signed, with these claims.
func saying(claims string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte("{"+claims+"}")) + ".c2lnbmF0dXJl"
}

func TestATokenIsForThisServerAloneOrRefusedUnseen(t *testing.T) {
	for name, test := range map[string]struct {
		token string
		alone bool
	}{
		"in a list":                 {abc, true},
		"as a text":                 {saying(`"aud": "` + Audience + `"`), true},
		"for another too":           {saying(`"aud": ["` + Audience + `", "x"]`), false},
		"for another before it":     {saying(`"aud": ["x", "` + Audience + `"]`), false},
		"twice":                     {saying(`"aud": ["` + Audience + `", "` + Audience + `"]`), false},
		"for another":               {saying(`"aud": ["x"]`), false},
		"for a longer name":         {saying(`"aud": ["` + Audience + `-2"]`), false},
		"for nobody":                {saying(`"aud": []`), false},
		"without an audience":       {saying(`"sub": "joe"`), false},
		"with null":                 {saying(`"aud": null`), false},
		"with a number":             {saying(`"aud": 1`), false},
		"with a list of numbers":    {saying(`"aud": [1]`), false},
		"with an object":            {saying(`"aud": {"` + Audience + `": true}`), false},
		"with claims that are none": {strings.Replace(abc, ".", ".x", 1), false},
		"in two parts":              {abc[:strings.LastIndex(abc, ".")], false},
		"of one part":               {"abc", false},
		"of nothing":                {"", false},
		"of dots":                   {"..", false},
		"in padded base64":          {"e30=." + base64.URLEncoding.EncodeToString([]byte(`{"aud":"`+Audience+`"}`)) + ".e30=", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isForThisServerAlone(test.token); got != test.alone {
				t.Error(got)
			}
		})
	}
}

func TestABearerTokenIsReviewedForThisServerAlone(t *testing.T) {
	joe := authenticationv1.UserInfo{Username: "joe", UID: "1", Groups: []string{"system:authenticated"}}
	for name, test := range map[string]struct {
		header string
		status authenticationv1.TokenReviewStatus
		known  bool
		asked  int
	}{
		"one for it":                 {"Bearer " + abc, authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: []string{Audience}, User: joe}, true, 1},
		"one in other letters":       {"bearer  " + abc + " ", authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: []string{Audience}, User: joe}, true, 1},
		"one for the server too":     {"Bearer " + saying(`"aud": ["https://kubernetes.default.svc", "`+Audience+`"]`), authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: []string{Audience}, User: joe}, false, 0},
		"one that is no JWT":         {"Bearer abc", authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: []string{Audience}, User: joe}, false, 0},
		"one for another":            {"Bearer " + abc, authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: []string{"x"}, User: joe}, false, 1},
		"one for no audience at all": {"Bearer " + abc, authenticationv1.TokenReviewStatus{Authenticated: true, User: joe}, false, 1},
		"one that is refused":        {"Bearer " + abc, authenticationv1.TokenReviewStatus{Error: "expired"}, false, 1},
		"none":                       {"", authenticationv1.TokenReviewStatus{}, false, 0},
		"an empty one":               {"Bearer ", authenticationv1.TokenReviewStatus{}, false, 0},
		"a password":                 {"Basic am9lOmpvZQ==", authenticationv1.TokenReviewStatus{}, false, 0},
		"a scheme alone":             {"Bearer", authenticationv1.TokenReviewStatus{}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			who := reviewing(&asked, test.status, nil)
			for range 3 {
				req := httptest.NewRequestWithContext(t.Context(), "POST", path, nil)
				req.Header.Set("Authorization", test.header)
				response, ok, err := who.AuthenticateRequest(req)
				if err != nil || ok != test.known || ok && response.User.GetName() != "joe" {
					t.Errorf("%v, %v, %v", response, ok, err)
				}
			}
			if asked != test.asked {
				t.Errorf("three requests cost %d reviews", asked)
			}
		})
	}
}

func TestAReviewThatFailsSaysNothingOfTheCaller(t *testing.T) {
	asked := 0
	who := reviewing(&asked, authenticationv1.TokenReviewStatus{}, errors.New("away"))
	for range 2 {
		req := httptest.NewRequestWithContext(t.Context(), "POST", path, nil)
		req.Header.Set("Authorization", "Bearer "+abc)
		if _, ok, err := who.AuthenticateRequest(req); ok || !errors.Is(err, errReview) {
			t.Errorf("%v, %v", ok, err)
		}
	}
	if asked != 2 {
		t.Errorf("a failure is remembered: %d reviews", asked)
	}
}

func TestWhoSendsInventedTokensKeepsNobodyElseWaiting(t *testing.T) {
	who := &identification{strangers: newShares(2), tokens: waiting{}}
	ask := func(address string) error {
		req := httptest.NewRequestWithContext(t.Context(), "POST", path, nil)
		req.RemoteAddr = address
		req.Header.Set("Authorization", "Bearer "+abc)
		_, _, err := who.AuthenticateRequest(req)
		return err
	}
	for range 2 {
		if _, ok := who.strangers.enter("192.0.2.1"); !ok {
			t.Fatal("there is no place")
		}
	}
	if err := ask("192.0.2.1:4711"); !errors.Is(err, errManyStrangers) {
		t.Errorf("a third is let in: %v", err)
	}
	if err := ask("192.0.2.2:4711"); err != nil {
		t.Errorf("another address has to wait: %v", err)
	}
}

// waiting knows nobody.
type waiting struct{}

func (waiting) AuthenticateToken(context.Context, string) (*authenticator.Response, bool, error) {
	return nil, false, nil
}

func TestWhoLeavesEarlyKeepsHisPlaceUntilTheReviewEnds(t *testing.T) {
	asked := 0
	who := reviewing(&asked, authenticationv1.TokenReviewStatus{Error: "expired"}, nil)
	gone, leave := context.WithCancel(t.Context())
	leave()
	req := httptest.NewRequestWithContext(gone, "POST", path, nil)
	req.Header.Set("Authorization", "Bearer "+abc)
	// With the request's own context the library's cache answers at once that it has ended, and the review goes on alone.
	if _, ok, err := who.AuthenticateRequest(req); ok || err != nil || asked != 1 {
		t.Errorf("known: %v, %v; asked %d times", ok, err, asked)
	}
}
