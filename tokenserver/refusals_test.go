package tokenserver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	voice "github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestWhatMayBeGrantedLaterIsAConflictThatSaysWhy(t *testing.T) {
	unlabelled := account()
	unlabelled.Labels = nil
	broken := account()
	broken.Data[voice.DefaultAuthTokenKey] = []byte("short")
	for name, test := range map[string]struct {
		objects []client.Object
		reason  string
	}{
		"a suspended one":       {[]client.Object{tommy(func(c *voice.ClientCapability) { c.Spec.Suspend = true }), account()}, voice.ReasonSuspended},
		"no account":            {[]client.Object{tommy()}, voice.ReasonAccountNotFound},
		"an account unlabelled": {[]client.Object{tommy(), unlabelled}, voice.ReasonAccountNotFound},
		"a pattern too large": {[]client.Object{tommy(func(c *voice.ClientCapability) {
			c.Spec.OnDemand = &voice.OnDemand{ClientNamePattern: "(" + strings.Repeat("a?", 120) + "){1000}"}
		}), account()}, voice.ReasonDeclarationInvalid},
		"a broken account": {[]client.Object{tommy(), broken}, voice.ReasonAccountMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.objects...)
			answer := w.ask(t, http.MethodPost, path, `{}`)
			status := statusOf(t, answer)
			if answer.Code != http.StatusConflict || status.Details == nil || len(status.Details.Causes) != 1 ||
				string(status.Details.Causes[0].Type) != test.reason || !strings.Contains(status.Message, test.reason+": ") {
				t.Errorf("%d: %s", answer.Code, answer.Body)
			}
			if strings.Contains(answer.Body.String(), "short") {
				t.Errorf("the answer shows a credential: %s", answer.Body)
			}
			if !strings.Contains(w.log.String(), `"reason":"`+test.reason+`"`) {
				t.Errorf("the log does not say why: %s", w.log)
			}
		})
	}
}

func TestAnObjectThatIsBeingDeletedIsGone(t *testing.T) {
	doomed := tommy(func(c *voice.ClientCapability) { c.Finalizers = []string{"somebody.example/else"} })
	w := newWorld(t, doomed, account())
	api, ok := w.server.config.Issuer.Capabilities.(client.Client)
	if !ok {
		t.Fatal("the reader is no client")
	}
	if err := api.Delete(t.Context(), doomed); err != nil {
		t.Fatal(err)
	}
	if code := w.ask(t, http.MethodPost, path, `{}`).Code; code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
}

func TestANamespaceThatIsNotServedHasNothing(t *testing.T) {
	w := newWorld(t, tommy(), account())
	w.server.config.Issuer.Namespaces = []string{"sales"}
	if code := w.ask(t, http.MethodPost, path, `{}`).Code; code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
}

func TestTheRightComesBeforeTheLookup(t *testing.T) {
	w := newWorld(t, tommy(), account())
	there := statusOf(t, w.ask(t, http.MethodPost, path, `{}`, as("nobody")))
	missing := statusOf(t, w.ask(t, http.MethodPost, strings.Replace(path, "tommy", "sarah", 1), `{}`, as("nobody")))
	if there.Code != http.StatusForbidden || strings.ReplaceAll(missing.Message, "sarah", "tommy") != there.Message {
		t.Errorf("who has no right can tell what there is:\n%s\n%s", there.Message, missing.Message)
	}
	if w.synced = false; w.ask(t, http.MethodPost, path, `{}`, as("nobody")).Code != http.StatusForbidden {
		t.Error("who has no right can tell whether the server is ready")
	}
}

func TestNobodyIsAskedAboutWhatCantBe(t *testing.T) {
	w := newWorld(t, tommy(), account())
	for name, at := range map[string]string{
		"a name in capitals":     strings.Replace(path, "tommy", "Tommy", 1),
		"a long name":            strings.Replace(path, "tommy", strings.Repeat("t", 254), 1),
		"a long namespace":       strings.Replace(path, "support", strings.Repeat("s", 64), 1),
		"a namespace with a dot": strings.Replace(path, "support", "sup.port", 1),
		"a long path":            "/" + strings.Repeat("x", longestPath),
		"a long group":           "/apis/" + strings.Repeat("x", longestPath) + "/v1/namespaces/support/clientcapabilities/tommy/token",
		"a long query":           path + "?fieldSelector=" + strings.Repeat("x", longestPath),
	} {
		t.Run(name, func(t *testing.T) {
			for _, who := range []string{"joe", "nobody"} {
				answer := w.ask(t, http.MethodPost, at, `{}`, as(who))
				if status := statusOf(t, answer); answer.Code != http.StatusNotFound || len(status.Message) > 200 {
					t.Errorf("%s reads %d: %s", who, answer.Code, status.Message)
				}
			}
			if code := w.ask(t, http.MethodPost, at, `{}`, as("")).Code; code != http.StatusUnauthorized {
				t.Errorf("who is not known reads %d", code)
			}
		})
	}
	if w.asked != 0 {
		t.Errorf("what callers may do was asked %d times", w.asked)
	}
}

func TestAServerThatHasNotReadTheClusterAsksForPatience(t *testing.T) {
	w := newWorld(t, tommy(), account())
	w.synced = false
	mustWait(t, w.ask(t, http.MethodPost, path, `{}`), http.StatusServiceUnavailable)
	if code := w.ask(t, http.MethodGet, "/readyz", "").Code; code != http.StatusInternalServerError {
		t.Errorf("it is ready: %d", code)
	}
	if code := w.ask(t, http.MethodGet, "/livez", "").Code; code == http.StatusUnauthorized {
		t.Errorf("the kubelet needs credentials: %d", code)
	}
}

func TestWhoCantBeAskedAboutIsAskedForPatience(t *testing.T) {
	w := newWorld(t, tommy(), account())
	w.fail = errors.New("the API server is away")
	answer := w.ask(t, http.MethodPost, path, `{}`)
	mustWait(t, answer, http.StatusServiceUnavailable)
	if strings.Contains(answer.Body.String(), "away") {
		t.Errorf("strangers read internal errors: %s", answer.Body)
	}
	w.fail = errManyStrangers
	mustWait(t, w.ask(t, http.MethodPost, path, `{}`), http.StatusTooManyRequests)
}

func TestOneCallerTakesNoPlaceOfAnother(t *testing.T) {
	w := newWorld(t, tommy(), account())
	for range callersAtOnce {
		if _, ok := w.server.callers.enter("joe"); !ok {
			t.Fatal("there is no place for joe")
		}
	}
	mustWait(t, w.ask(t, http.MethodPost, path, `{}`), http.StatusTooManyRequests)
	grantOf(t, w.ask(t, http.MethodPost, path, `{}`, as("jane")))
	w.server.callers.leave("joe")
	grantOf(t, w.ask(t, http.MethodPost, path, `{}`))
	grantOf(t, w.ask(t, http.MethodPost, path, `{}`)) // its place was given back
}

func TestARotatedAccountSignsTheNextToken(t *testing.T) {
	w := newWorld(t, tommy(), account())
	before := grantOf(t, w.ask(t, http.MethodPost, path, `{}`)).Status.Token
	rotated := account()
	rotated.Data[voice.DefaultAuthTokenKey] = []byte(strings.ToUpper(authToken))
	api, ok := w.server.config.Issuer.Accounts.Secrets.(client.Client)
	if !ok {
		t.Fatal("the reader is no client")
	}
	held := &corev1.Secret{}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(rotated), held); err != nil {
		t.Fatal(err)
	}
	held.Data = rotated.Data
	if err := api.Update(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if after := grantOf(t, w.ask(t, http.MethodPost, path, `{}`)).Status.Token; after == before {
		t.Error("the next token is signed with the old AuthToken")
	}
}

// mustWait holds that the caller is told to come back.
func mustWait(t *testing.T, answer *httptest.ResponseRecorder, code int) {
	t.Helper()
	status := statusOf(t, answer)
	if answer.Code != code || status.Details == nil || status.Details.RetryAfterSeconds == 0 || answer.Header().Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q: %s", answer.Code, answer.Header().Get("Retry-After"), answer.Body)
	}
}
