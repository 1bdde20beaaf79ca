package tokenserver

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	voice "github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	authToken  = "made1up2made3up4made5up6made7up8"
	path       = "/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/support/clientcapabilities/tommy/token"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// world is a server without an API server: who asks is written in a header.
type world struct {
	server *Server
	synced bool
	log    *journal
	clock  *testclock.FakePassiveClock
	// fail is what asking who calls gives, and failRights what they may do; asked is
	// how often that was asked.
	fail, failRights error
	asked            int
}

// journal is a log that may be read while it is written.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.String()
}

func newWorld(t testing.TB, objects ...client.Object) *world {
	t.Helper()
	w := &world{synced: true, log: &journal{}}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, voice.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	w.clock = testclock.NewFakePassiveClock(noon)
	log := logr.FromSlogHandler(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := Config{
		Address: "127.0.0.1:10443",
		Clock:   w.clock,
		Log:     log,
		Issuer: &Issuer{
			Capabilities: reader,
			Accounts:     &accounts.Finder{Secrets: reader, Cluster: reader},
			Holds:        func(string) bool { return w.synced },
			Clock:        w.clock,
		},
		Synced: func() bool { return w.synced },
	}
	w.server = &Server{
		authenticator: w,
		authorizer:    authorizer.AuthorizerFunc(w.authorize),
		noCallers:     newOutage("who calls", config),
		noRights:      newOutage("what callers may do", config),
		callers:       newShares(callersAtOnce),
		clock:         w.clock,
		log:           log,
		follow:        func(context.Context) {},
		config:        config,
	}
	w.server.log.Info("began")
	if err := w.server.build(); err != nil {
		t.Fatal(err)
	}
	return w
}

// AuthenticateRequest implements authenticator.Request.
func (w *world) AuthenticateRequest(req *http.Request) (*authenticator.Response, bool, error) {
	name := req.Header.Get("Test-User")
	if w.fail != nil {
		return nil, false, w.fail
	}
	return &authenticator.Response{User: &user.DefaultInfo{Name: name, UID: "uid-of-" + name}}, name != "", nil
}

func (w *world) authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	w.asked++
	if w.failRights != nil {
		return authorizer.DecisionNoOpinion, "", w.failRights
	}
	if a.GetUser().GetName() == "nobody" {
		return authorizer.DecisionNoOpinion, "RBAC: says what roles there are", nil
	}
	return authorizer.DecisionAllow, "", nil
}

// ask sends a request as its caller and returns the answer.
func (w *world) ask(t testing.TB, method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Test-User", "joe")
	req.Header.Set("Content-Type", "application/json")
	for _, f := range change {
		f(req)
	}
	answer := httptest.NewRecorder()
	w.server.Handler().ServeHTTP(answer, req)
	return answer
}

// statusOf is the error that was answered, which must be one.
func statusOf(t testing.TB, answer *httptest.ResponseRecorder) metav1.Status {
	t.Helper()
	status := metav1.Status{}
	decoder := json.NewDecoder(bytes.NewReader(answer.Body.Bytes()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&status); err != nil || status.Kind != "Status" || status.APIVersion != "v1" {
		t.Fatalf("%d is no metav1.Status (%v): %s", answer.Code, err, answer.Body)
	}
	if int(status.Code) != answer.Code || status.Status != metav1.StatusFailure || status.Message == "" || status.Reason == "" {
		t.Errorf("the Status does not fit the answer %d: %s", answer.Code, answer.Body)
	}
	return status
}

func grantOf(t testing.TB, answer *httptest.ResponseRecorder) v1alpha1.TokenRequest {
	t.Helper()
	granted := v1alpha1.TokenRequest{}
	if answer.Code != http.StatusCreated {
		t.Fatalf("%d: %s", answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &granted); err != nil {
		t.Fatal(err)
	}
	return granted
}

func account() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: "twilio", Labels: map[string]string{voice.AccountLabel: voice.AccountLabelValue}},
		Data:       map[string][]byte{voice.DefaultAccountSIDKey: []byte(accountSID), voice.DefaultAuthTokenKey: []byte(authToken)},
	}
}

func tommy(change ...func(*voice.ClientCapability)) *voice.ClientCapability {
	c := &voice.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: "tommy"},
		Spec: voice.ClientCapabilitySpec{
			AccountRef: voice.AccountReference{Name: "twilio"},
			ClientName: "tommy",
			Incoming:   true,
			TTL:        "1h",
			Delivery:   voice.DeliveryOnDemand,
		},
	}
	for _, f := range change {
		f(c)
	}
	return c
}
