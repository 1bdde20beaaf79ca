package twilio_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/twilio"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	anotherSID = "ACffffffffffffffffffffffffffffffff"
	authToken  = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	keySID     = "SK0123456789abcdef0123456789abcdef"
	keySecret  = "Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2Rr1Qq0Pp"
	// twiliosText stands in every answer's own words, which must not come through.
	twiliosText = "The-very-words-of-Twilio"
)

func token() twilio.Credentials {
	return twilio.Credentials{AccountSID: accountSID, AuthToken: authToken}
}

func key() twilio.Credentials {
	return twilio.Credentials{AccountSID: accountSID, APIKey: keySID, APISecret: keySecret}
}

func both() twilio.Credentials {
	credentials := key()
	credentials.AuthToken = authToken
	return credentials
}

func failure(status, number int) string { return twiliotest.ErrorBody(status, number, twiliosText) }

// answerCase is one answer of Twilio's, and what is to be made of it.
type answerCase struct {
	name       string
	about      twilio.Credentials
	status     int
	header     http.Header
	body       string
	verdict    twilio.Verdict
	detail     string
	retryAfter time.Duration
}

const (
	tokenHint = "it was replaced or is another account's or region's, or the account is suspended or closed."
	keyHint   = "it was deleted, its secret is another, it is a Restricted key or one of another account or region, " +
		"or the account is suspended or closed."
	aboutToken = "Twilio's answer about the AuthToken does not tell: "
	aboutKey   = "Twilio's answer about the API key " + keySID + " does not tell: "
	noToken    = "Twilio does not accept the AuthToken "
	noKey      = "Twilio does not accept the API key " + keySID + " "
	onTheWay   = "; something on the way may have given it."
	noAccount  = "it is not an account as Twilio documents it (HTTP 200)."
	noList     = "it is not a list of applications as Twilio documents it (HTTP 200)."
	stranger   = "it is about another account (HTTP 200)."
	noPage     = "no page of Twilio's says what it means "
)

var acceptances = []answerCase{
	{name: "an active account", about: token(), status: 200, body: twiliotest.AccountBody(accountSID, "active"),
		verdict: twilio.Accepted, detail: "Twilio accepts the AuthToken."},
	{name: "an active account whose SID is in capitals", about: token(), status: 200,
		body:    twiliotest.AccountBody("AC"+strings.ToUpper(accountSID[2:]), "active"),
		verdict: twilio.Accepted, detail: "Twilio accepts the AuthToken."},
	{name: "a list of applications", about: key(), status: 200, body: twiliotest.ApplicationsBody(accountSID),
		verdict: twilio.Accepted, detail: "Twilio accepts the API key " + keySID + "."},
	{name: "an empty list of applications", about: key(), status: 200, body: twiliotest.NoApplicationsBody(accountSID),
		verdict: twilio.Accepted, detail: "Twilio accepts the API key " + keySID + "."},
}

var refusals = []answerCase{
	{name: "a wrong AuthToken", about: token(), status: 401, body: failure(401, 20003),
		verdict: twilio.Refused, detail: noToken + "(HTTP 401, error 20003): " + tokenHint},
	{name: "a deleted API key", about: key(), status: 401, body: failure(401, 20003),
		verdict: twilio.Refused, detail: noKey + "(HTTP 401, error 20003): " + keyHint},
	{name: "an AuthToken that is denied with another status", about: token(), status: 403, body: failure(403, 20003),
		verdict: twilio.Refused, detail: noToken + "(HTTP 403, error 20003): " + tokenHint},
	{name: "a Restricted API key", about: key(), status: 403, body: failure(403, 70051),
		verdict: twilio.Refused, detail: noKey + "(HTTP 403, error 70051): " + keyHint},
	{name: "an API key without privilege", about: key(), status: 403, body: failure(403, 20006),
		verdict: twilio.Refused, detail: noKey + "(HTTP 403, error 20006): " + keyHint},
	{name: "Test Credentials", about: token(), status: 403, body: failure(403, 20008),
		verdict: twilio.Refused,
		detail:  noToken + "(HTTP 403, error 20008): these are Test Credentials; write the live ones into the account's Secret."},
	{name: "an API key of another account", about: key(), status: 404, body: failure(404, 20404),
		verdict: twilio.Refused, detail: noKey + "(HTTP 404, error 20404): there is no such account, or it is another's; " +
			"compare the account's SID with Twilio's Console."},
	{name: "a 401 with a number that is not known", about: token(), status: 401, body: failure(401, 20151),
		verdict: twilio.Refused, detail: noToken + "(HTTP 401, error 20151): " + tokenHint},
	{name: "a suspended account", about: token(), status: 200, body: twiliotest.AccountBody(accountSID, "suspended"),
		verdict: twilio.AccountInactive,
		detail:  "Twilio says that the account is suspended (HTTP 200; asked with the AuthToken)."},
	{name: "a closed account", about: token(), status: 200, body: twiliotest.AccountBody(accountSID, "closed"),
		verdict: twilio.AccountInactive,
		detail:  "Twilio says that the account is closed (HTTP 200; asked with the AuthToken)."},
	{name: "a suspended account, asked with a key", about: key(), status: 403, body: failure(403, 20403),
		verdict: twilio.AccountInactive,
		detail:  "Twilio says that the account is not active (HTTP 403, error 20403; asked with the API key " + keySID + ")."},
	{name: "an account that is not active", about: token(), status: 401, body: failure(401, 20005),
		verdict: twilio.AccountInactive,
		detail:  "Twilio says that the account is not active (HTTP 401, error 20005; asked with the AuthToken)."},
	{name: "an account that is not active, in another product's number", about: key(), status: 400, body: failure(400, 90010),
		verdict: twilio.AccountInactive,
		detail:  "Twilio says that the account is not active (HTTP 400, error 90010; asked with the API key " + keySID + ")."},
}

// hesitations are answers of Twilio that say nothing of the credentials.
var hesitations = []answerCase{
	{name: "a 429 with Retry-After", about: token(), status: 429, header: http.Header{"Retry-After": {"30"}}, body: failure(429, 20429),
		detail:     aboutToken + "there are too many requests of this account at once (HTTP 429, error 20429).",
		retryAfter: 30 * time.Second},
	{name: "a 429 without Retry-After", about: token(), status: 429, body: failure(429, 20429),
		detail: aboutToken + "there are too many requests of this account at once (HTTP 429, error 20429)."},
	{name: "a 429 with a date", about: token(), status: 429,
		header: http.Header{"Date": {"Thu, 01 Oct 2026 10:00:00 GMT"}, "Retry-After": {"Thu, 01 Oct 2026 10:02:00 GMT"}},
		detail: aboutToken + "there are too many requests of this account at once (HTTP 429).", retryAfter: 2 * time.Minute},
	{name: "a 429 with a time that is far away", about: token(), status: 429, header: http.Header{"Retry-After": {"2000000000"}},
		detail: aboutToken + "there are too many requests of this account at once (HTTP 429).", retryAfter: twilio.Longest},
	{name: "a 429 with a time that has passed", about: token(), status: 429,
		header: http.Header{"Date": {"Thu, 01 Oct 2026 10:00:00 GMT"}, "Retry-After": {"Thu, 01 Oct 2026 09:00:00 GMT"}},
		detail: aboutToken + "there are too many requests of this account at once (HTTP 429)."},
	{name: "a 429 with a time that is none", about: token(), status: 429, header: http.Header{"Retry-After": {"-5"}},
		detail: aboutToken + "there are too many requests of this account at once (HTTP 429)."},
	{name: "a 500", about: token(), status: 500, body: failure(500, 20500), detail: aboutToken + "Twilio fails (HTTP 500, error 20500)."},
	{name: "a 502 of a load balancer", about: key(), status: 502, body: "<html>" + twiliosText, detail: aboutKey + "Twilio fails (HTTP 502)."},
	{name: "a 503 with Retry-After", about: key(), status: 503, header: http.Header{"Retry-After": {"60"}}, body: failure(503, 20503),
		detail: aboutKey + "Twilio fails (HTTP 503, error 20503).", retryAfter: time.Minute},
	{name: "a 403 with a number that is not known", about: token(), status: 403, body: failure(403, 21470),
		detail: aboutToken + noPage + "(HTTP 403, error 21470)."},
	{name: "a 400", about: token(), status: 400, body: failure(400, 20001), detail: aboutToken + noPage + "(HTTP 400, error 20001)."},
	{name: "a status of the account that is not known", about: token(), status: 200,
		body: twiliotest.AccountBody(accountSID, twiliosText), detail: aboutToken + noAccount},
}

// oddities are answers that Twilio would not give.
var oddities = []answerCase{
	{name: "another account", about: token(), status: 200, body: twiliotest.AccountBody(anotherSID, "active"), detail: aboutToken + stranger},
	{name: "another account that is closed", about: token(), status: 200, body: twiliotest.AccountBody(anotherSID, "closed"),
		detail: aboutToken + stranger},
	{name: "another account's applications", about: key(), status: 200, body: twiliotest.ApplicationsBody(anotherSID), detail: aboutKey + stranger},
	{name: "another account's empty list", about: key(), status: 200, body: twiliotest.NoApplicationsBody(anotherSID), detail: aboutKey + stranger},
	{name: "an account in place of applications", about: key(), status: 200, body: twiliotest.AccountBody(accountSID, "active"),
		detail: aboutKey + noList},
	{name: "applications in place of an account", about: token(), status: 200, body: twiliotest.ApplicationsBody(accountSID),
		detail: aboutToken + noAccount},
	{name: "an account with members in capitals", about: token(), status: 200,
		body: strings.ToUpper(twiliotest.AccountBody(accountSID, "active")), detail: aboutToken + noAccount},
	{name: "a list that is null", about: key(), status: 200, body: `{"applications": null, "uri": "/2010-04-01/Accounts/` + accountSID + `/Applications.json"}`,
		detail: aboutKey + noList},
	{name: "JSON that is no object", about: token(), status: 200, body: `["` + twiliosText + `"]`,
		detail: aboutToken + "it is not JSON, or cut off (HTTP 200)."},
	{name: "JSON that is null", about: token(), status: 200, body: "null", detail: aboutToken + "it is not JSON, or cut off (HTTP 200)."},
	{name: "a page of a captive portal", about: token(), status: 200, body: "<html>" + twiliosText + "</html>",
		detail: aboutToken + "it is not JSON, or cut off (HTTP 200)."},
	{name: "an account that is cut off", about: token(), status: 200, body: twiliotest.AccountBody(accountSID, "active")[:200],
		detail: aboutToken + "it is not JSON, or cut off (HTTP 200)."},
	{name: "an account with something behind it", about: token(), status: 200, body: twiliotest.AccountBody(accountSID, "active") + "{}",
		detail: aboutToken + "it is not JSON, or cut off (HTTP 200)."},
	{name: "an account behind 64 KiB of space", about: token(), status: 200,
		body:   strings.Repeat(" ", twilio.MaxBody) + twiliotest.AccountBody(accountSID, "active"),
		detail: aboutToken + "it is longer than 64 KiB (HTTP 200)."},
	{name: "a refusal behind 64 KiB of space", about: token(), status: 401, body: strings.Repeat(" ", twilio.MaxBody) + failure(401, 20003),
		detail: aboutToken + "it is longer than 64 KiB (HTTP 401)."},
	{name: "nothing", about: token(), status: 204, detail: aboutToken + "it has no error number of Twilio's (HTTP 204)" + onTheWay},
	{name: "a 401 of a gateway", about: token(), status: 401, body: `{"code": 401, "message": "Unauthorized"}`,
		detail: aboutToken + "it has no error number of Twilio's (HTTP 401)" + onTheWay},
	{name: "a 403 of a firewall", about: key(), status: 403, body: "<html>blocked",
		detail: aboutKey + "it has no error number of Twilio's (HTTP 403)" + onTheWay},
	{name: "a 404 of another server", about: token(), status: 404, body: "404 page not found",
		detail: aboutToken + "it has no error number of Twilio's (HTTP 404)" + onTheWay},
	{name: "a number that is no number", about: token(), status: 401, body: `{"code": "20003"}`,
		detail: aboutToken + "it has no error number of Twilio's (HTTP 401)" + onTheWay},
	{name: "a redirect", about: token(), status: 302, header: http.Header{"Location": {"/elsewhere"}},
		detail: aboutToken + "it is a redirect (HTTP 302), which is not followed."},
}
