package twilio_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/twilio"
)

func TestABaseURLIsHTTPSOrOnLoopback(t *testing.T) {
	for _, base := range []string{
		twilio.DefaultBaseURL, "https://api.twilio.com/", "https://api.twilio.com:443", "https://api.dublin.ie1.twilio.com",
		"https://gateway.example.com/twilio", "http://127.0.0.1:8080", "http://127.8.8.8", "http://[::1]:8080", "http://localhost:8080",
	} {
		if err := twilio.ValidateBaseURL(base); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestABaseURLThatWouldShowCredentialsIsRefused(t *testing.T) {
	const (
		absolute = "the URL of Twilio's API is not an absolute https URL; write for instance https://api.twilio.com"
		plain    = "the URL of Twilio's API is http, which would show credentials to the network; write https:// " +
			"(http is for 127.0.0.1, [::1] and localhost alone)"
		user  = "the URL of Twilio's API has a user name or password in it; leave them out: the credentials are those of the account that is asked about"
		query = "the URL of Twilio's API has a query or fragment; write for instance https://api.twilio.com"
	)
	for base, want := range map[string]string{
		"":                                absolute,
		"api.twilio.com":                  absolute,
		"//api.twilio.com":                absolute,
		"https:api.twilio.com":            absolute,
		"https://":                        absolute,
		"https://:443":                    absolute,
		"ftp://api.twilio.com":            absolute,
		"https://api.twilio.com:s3cret":   absolute,
		"https://s3cret%zz.twilio.com":    absolute,
		"http://api.twilio.com":           plain,
		"http://127.0.0.1.example.com":    plain,
		"http://10.0.0.1":                 plain,
		"http://0.0.0.0":                  plain,
		"http://localhost.example.com":    plain,
		"https://s3cret@api.twilio.com":   user,
		"https://a:s3cret@api.twilio.com": user,
		"http://s3cret@127.0.0.1":         user,
		"https://api.twilio.com?s3cret":   query,
		"https://api.twilio.com?":         query,
		"https://api.twilio.com#s3cret":   query,
	} {
		err := twilio.ValidateBaseURL(base)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", base, err, want)
		}
		if _, err := twilio.New(base); err == nil {
			t.Errorf("%q: a client was made", base)
		}
	}
}

func TestCredentialsAreAskedAboutInTheirRegion(t *testing.T) {
	for _, tc := range []struct{ base, region, want string }{
		{twilio.DefaultBaseURL, "", "https://api.twilio.com"},
		{twilio.DefaultBaseURL, "us1", "https://api.twilio.com"},
		{twilio.DefaultBaseURL, "ie1", "https://api.dublin.ie1.twilio.com"},
		{twilio.DefaultBaseURL, "au1", "https://api.sydney.au1.twilio.com"},
		{twilio.DefaultBaseURL, "jp1", "https://api.tokyo.jp1.twilio.com"},
		{"https://API.twilio.com:443/", "ie1", "https://api.dublin.ie1.twilio.com:443"},
		{"https://gateway.example.com/twilio", "ie1", "https://gateway.example.com/twilio"},
		{"https://api.twilio.com.example.com", "ie1", "https://api.twilio.com.example.com"},
	} {
		t.Run(tc.base+" for "+tc.region, func(t *testing.T) {
			client := newClient(t, tc.base)
			var asked string
			client.Through(transport(func(r *http.Request) (*http.Response, error) {
				asked = r.URL.String()
				return nil, errors.ErrUnsupported
			}))
			credentials := key()
			credentials.Region = tc.region
			client.Verify(t.Context(), credentials)
			if want := tc.want + "/2010-04-01/Accounts/" + accountSID + "/Applications.json?PageSize=1"; asked != want {
				t.Errorf("asked %s, want %s", asked, want)
			}
		})
	}
}

func TestARegionWithoutAnAddressIsNotAskedAbout(t *testing.T) {
	client := newClient(t, twilio.DefaultBaseURL)
	client.Through(transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked %s", r.URL)
		return nil, errors.ErrUnsupported
	}))
	credentials := both()
	credentials.Region = "de1"
	got := client.Verify(t.Context(), credentials)
	check(t, got, twilio.Answer{Detail: "Twilio was not asked: it names no address of its API for the region de1, " +
		"only for us1, ie1, au1 and jp1; if there is one, set it with the operator's flag --twilio-api-url."})
	for _, region := range slices.Collect(maps.Keys(twilio.Edges)) {
		if !strings.Contains(got.Detail, region) {
			t.Errorf("the message does not name %s", region)
		}
	}
}
