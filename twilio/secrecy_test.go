package twilio_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/twilio"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

// discard takes what a server logs of failures that are meant.
var discard = log.New(discarding{}, "", 0)

type discarding struct{}

func (discarding) Write(p []byte) (int, error) { return len(p), nil }

// secrets are what must not be found anywhere.
var secrets = []string{
	authToken, keySecret, twiliotest.SecretOfAccount, twiliosText,
	base64.StdEncoding.EncodeToString([]byte(accountSID + ":" + authToken)),
	base64.StdEncoding.EncodeToString([]byte(keySID + ":" + keySecret)),
}

func checkSecrecy(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows a secret: %s", what, text)
		}
	}
}

func TestNoAnswerHoldsACredentialOrTwiliosWords(t *testing.T) {
	for _, tc := range slices.Concat(acceptances, refusals, hesitations, oddities) {
		answer := twilio.Read(tc.about, tc.status, tc.header, []byte(tc.body))
		checkSecrecy(t, tc.name, fmt.Sprintf("%v %+v %#v", answer, answer, answer))
	}
}

func TestNoFailureOfTheNetworkIsQuoted(t *testing.T) {
	client := newClient(t, twilio.DefaultBaseURL)
	for _, secret := range secrets {
		client.Through(transport(func(r *http.Request) (*http.Response, error) {
			r.URL.User = nil
			return nil, fmt.Errorf("proxy http://user:%s@proxy: %w", secret, errors.New(r.Header.Get("Authorization")))
		}))
		checkSecrecy(t, "a failure", client.Verify(t.Context(), both()).Detail)
	}
}

func TestMalformedCredentialsAreNeitherSentNorShown(t *testing.T) {
	client := newClient(t, twilio.DefaultBaseURL)
	client.Through(transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked %s", r.URL)
		return nil, errors.ErrUnsupported
	}))
	const because = "Twilio was not asked: capability: credentials are not well-formed: "
	for name, tc := range map[string]struct {
		credentials twilio.Credentials
		detail      string
	}{
		"a path as account SID": {twilio.Credentials{AccountSID: "../" + authToken, AuthToken: authToken},
			because + "the account SID is not AC and 32 hexadecimal digits (it has 35 characters)."},
		"an AuthToken with a line break": {twilio.Credentials{AccountSID: accountSID, AuthToken: authToken + "\n"},
			because + "the AuthToken has a character other than letters and digits."},
		"a secret as key": {twilio.Credentials{AccountSID: accountSID, APIKey: keySecret, APISecret: keySecret},
			because + "the API key's SID is not SK and 32 hexadecimal digits (it has 32 characters)."},
		"a key without secret": {twilio.Credentials{AccountSID: accountSID, APIKey: keySID},
			because + "the API key's secret has 0 characters, not 32 to 128."},
		"a host as region": {twilio.Credentials{AccountSID: accountSID, AuthToken: authToken, Region: "ie1.example.com/" + authToken},
			because + "the region is not two small letters and a number, such as us1, ie1 or au1 (it has 48 characters)."},
		"nothing": {twilio.Credentials{AccountSID: accountSID},
			"Twilio was not asked: there is neither an AuthToken nor an API key."},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, client.Verify(t.Context(), tc.credentials), twilio.Answer{Detail: tc.detail})
		})
	}
}

func TestCredentialsAreNotPrinted(t *testing.T) {
	credentials := both()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		checkSecrecy(t, verb, fmt.Sprintf(verb, credentials))
		checkSecrecy(t, verb+" of a pointer", fmt.Sprintf(verb, &credentials))
		checkSecrecy(t, verb+" in a slice", fmt.Sprintf(verb, []twilio.Credentials{credentials}))
	}
	encoded, err := json.Marshal(map[string]any{"credentials": credentials})
	if err != nil {
		t.Fatal(err)
	}
	checkSecrecy(t, "JSON", string(encoded))
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("asked", "credentials", credentials)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("asked", "credentials", credentials)
	checkSecrecy(t, "a log", logged.String())
	checkSecrecy(t, "String", credentials.String())
}
