package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/capability-operator/capability-operator/twilio"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

// newClient is a client that asks under this URL.
func newClient(t testing.TB, base string) *twilio.Client {
	t.Helper()
	client, err := twilio.New(base)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// serve answers every request on loopback, and gives the URL.
func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// newStub is the stub of Twilio's API with the account of this package's tests.
func newStub(t testing.TB) (*twiliotest.Server, *twilio.Client) {
	t.Helper()
	stub := twiliotest.NewServer(twiliotest.Account{SID: accountSID, AuthToken: authToken, APIKey: keySID, APISecret: keySecret})
	t.Cleanup(stub.Close)
	return stub, newClient(t, stub.URL())
}

func check(t *testing.T, got, want twilio.Answer) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s, %q, %s\nwant %s, %q, %s",
			got.Verdict, got.Detail, got.RetryAfter, want.Verdict, want.Detail, want.RetryAfter)
	}
}

func TestEveryAnswerOfTwiliosHasItsVerdict(t *testing.T) {
	for _, tc := range slices.Concat(acceptances, refusals, hesitations, oddities) {
		t.Run(tc.name, func(t *testing.T) {
			client := newClient(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range tc.header {
					w.Header()[name] = values
				}
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			}))
			want := twilio.Answer{Verdict: tc.verdict, Detail: tc.detail, RetryAfter: tc.retryAfter}
			check(t, client.Verify(t.Context(), tc.about), want)
			check(t, client.Verify(t.Context(), tc.about), want) // nothing differs from try to try
		})
	}
}

func TestBothCredentialsAreAskedAboutAndTheWorseAnswerCounts(t *testing.T) {
	const (
		tokenRefused  = noToken + "(HTTP 401, error 20003): " + tokenHint
		keyRefused    = noKey + "(HTTP 401, error 20003): " + keyHint
		tokenInactive = "Twilio says that the account is suspended (HTTP 200; asked with the AuthToken)."
		keyDown       = aboutKey + "Twilio fails (HTTP 500)."
	)
	for _, tc := range []struct {
		name       string
		token, key reply
		verdict    twilio.Verdict
		detail     string
		asked      int
	}{
		{"both accepted", active, listed, twilio.Accepted, "Twilio accepts the AuthToken and the API key " + keySID + ".", 2},
		{"the AuthToken refused", refused, listed, twilio.Refused, tokenRefused, 2},
		{"the API key refused", active, refused, twilio.Refused, keyRefused, 2},
		{"both refused", refused, refused, twilio.Refused, tokenRefused + " " + keyRefused, 2},
		{"suspended, and so refused", inactive, refused, twilio.AccountInactive, tokenInactive, 2},
		{"suspended, by both", forbidden, forbidden, twilio.AccountInactive,
			"Twilio says that the account is not active (HTTP 403, error 20403; asked with the AuthToken and the API key " + keySID + ").", 2},
		{"refused over unreachable", refused, broken, twilio.Refused, tokenRefused, 2},
		{"unreachable over accepted", active, broken, twilio.Unreachable, keyDown, 2},
		{"unreachable, and so is the other", broken, broken, twilio.Unreachable,
			"Twilio's answer about the AuthToken and the API key " + keySID + " does not tell: Twilio fails (HTTP 500).", 2},
		{"refused after unreachable", broken, refused, twilio.Refused, keyRefused, 2},
		{"left alone where Twilio is busy", busy, refused, twilio.Unreachable,
			aboutToken + "there are too many requests of this account at once (HTTP 429).", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked := 0
			client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				answer := tc.key
				if username, _, _ := r.BasicAuth(); username == accountSID {
					answer = tc.token
				}
				w.WriteHeader(answer.status)
				_, _ = w.Write([]byte(answer.body))
			}))
			check(t, client.Verify(t.Context(), both()), twilio.Answer{Verdict: tc.verdict, Detail: tc.detail})
			if asked != tc.asked {
				t.Errorf("%d questions, want %d", asked, tc.asked)
			}
		})
	}
}

// reply is an answer to one of two questions.
type reply struct {
	status int
	body   string
}

var (
	active    = reply{200, twiliotest.AccountBody(accountSID, "active")}
	inactive  = reply{200, twiliotest.AccountBody(accountSID, "suspended")}
	listed    = reply{200, twiliotest.ApplicationsBody(accountSID)}
	refused   = reply{401, failure(401, 20003)}
	forbidden = reply{403, failure(403, 20403)}
	broken    = reply{500, ""}
	busy      = reply{429, ""}
)

func TestAQuestionIsOneReadWithBasicAuthentication(t *testing.T) {
	var got *http.Request
	client := newClient(t, serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r }))
	for _, tc := range []struct {
		name, region       string
		credentials        twilio.Credentials
		path               string
		username, password string
	}{
		{"the AuthToken reads the account", "", token(), "/2010-04-01/Accounts/" + accountSID + ".json", accountSID, authToken},
		{"the AuthToken of us1 does", "us1", token(), "/2010-04-01/Accounts/" + accountSID + ".json", accountSID, authToken},
		{"the AuthToken of another region lists applications", "ie1", token(),
			"/2010-04-01/Accounts/" + accountSID + "/Applications.json?PageSize=1", accountSID, authToken},
		{"an API key lists applications", "", key(),
			"/2010-04-01/Accounts/" + accountSID + "/Applications.json?PageSize=1", keySID, keySecret},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.credentials.Region = tc.region
			client.Verify(t.Context(), tc.credentials)
			username, password, _ := got.BasicAuth()
			if got.Method != http.MethodGet || got.URL.RequestURI() != tc.path || username != tc.username || password != tc.password {
				t.Errorf("%s %s by %s", got.Method, got.URL.RequestURI(), username)
			}
			if !got.Close || got.ContentLength != 0 || got.Header.Get("Accept-Encoding") != "" {
				t.Errorf("the connection is kept, a body sent or compression asked for: %v", got.Header)
			}
		})
	}
}

func TestTheStubAnswersAsThePackageExpects(t *testing.T) {
	stub, client := newStub(t)
	for _, tc := range []struct {
		name    string
		be      func()
		verdict twilio.Verdict
	}{
		{"accepting", stub.Accept, twilio.Accepted},
		{"refusing", stub.Refuse, twilio.Refused},
		{"suspended", stub.Suspend, twilio.AccountInactive},
		{"closed", stub.CloseAccount, twilio.AccountInactive},
		{"down", stub.Down, twilio.Unreachable},
		{"busy", func() { stub.Throttle(7) }, twilio.Unreachable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.be()
			for _, credentials := range []twilio.Credentials{token(), key(), both()} {
				if got := client.Verify(t.Context(), credentials); got.Verdict != tc.verdict {
					t.Errorf("%s: %s", got.Verdict, got.Detail)
				}
			}
		})
	}
}
