package twilio

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// question asks about one credential.
type question struct {
	account            string // the account's SID
	username, password string
	about              string // the credential, as a message names it
	isKey              bool   // it is an API key
	listing            bool   // the applications are listed, else the account is read
}

// url is what is read.
func (q question) url(base *url.URL) string {
	if !q.listing {
		return base.JoinPath("2010-04-01", "Accounts", q.account+".json").String()
	}
	list := base.JoinPath("2010-04-01", "Accounts", q.account, "Applications.json")
	list.RawQuery = "PageSize=1"
	return list.String()
}

// Twilio's error numbers that are known to speak of credentials, each with the page
// https://www.twilio.com/docs/api/errors/<number>.
const (
	denied          = 20003 // of any credential, and of an account that is suspended or closed
	unprivileged    = 20006
	testCredentials = 20008
	notFound        = 20404 // the SID does not exist, or has been deleted
	unauthorized    = 70051 // account or key unknown or suspended, of another account, or a Restricted key
)

// inactive are the numbers whose pages give an account that is suspended, closed or
// not yet active as the cause, and no other. With which HTTP status they come, no
// page says.
var inactive = []int{
	10001, // Account is not active
	20005, // Account not active
	20403, // Forbidden: the account has been suspended or closed
	90010, // Account is not active
}

// speaksForItself reports whether the HTTP status tells all, so that it does not
// matter what else was received.
func speaksForItself(status int) bool {
	return status/100 == 3 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// read makes of Twilio's answer what it says of the credential.
func (q question) read(status int, header http.Header, body []byte) finding {
	if status == http.StatusOK {
		return q.readResource(body)
	}
	number := errorNumber(body)
	what := fmt.Sprintf("HTTP %d", status)
	if number != 0 {
		what = fmt.Sprintf("HTTP %d, error %d", status, number)
	}
	switch {
	case status == http.StatusTooManyRequests:
		// 20429, whose page asks to back off; such a request was not processed.
		found := q.unclear("there are too many requests of this account at once (" + what + ")")
		found.retryAfter, found.busy = retryAfter(header), true
		return found
	case status >= http.StatusInternalServerError:
		found := q.unclear("Twilio fails (" + what + ")")
		found.retryAfter = retryAfter(header)
		return found
	case status/100 == 3:
		return q.unclear("it is a redirect (" + what + "), which is not followed")
	case len(body) > maxBody:
		return q.unclear("it is longer than 64 KiB (" + what + ")")
	case number == 0:
		return q.unclear("it has no error number of Twilio's (" + what + "); something on the way may have given it")
	}
	return q.readError(status, number, what)
}

// readError is read for an error that Twilio itself gave.
func (q question) readError(status, number int, what string) finding {
	forbids := status == http.StatusForbidden &&
		slices.Contains([]int{denied, unprivileged, testCredentials, unauthorized}, number)
	switch {
	case status/100 == 4 && slices.Contains(inactive, number):
		return q.inactive("is not active", what)
	case status == http.StatusUnauthorized, forbids:
		return q.refused(number, what)
	case status == http.StatusNotFound && number == notFound:
		return q.refused(number, what)
	}
	return q.unclear("no page of Twilio's says what it means (" + what + ")")
}

// refused says that Twilio does not accept the credential, and what may be the
// cause, by the pages of the numbers: none of them has one cause alone.
func (q question) refused(number int, what string) finding {
	var hint string
	switch {
	case number == testCredentials:
		hint = "these are Test Credentials; write the live ones into the account's Secret"
	case number == notFound:
		hint = "there is no such account, or it is another's; compare the account's SID with Twilio's Console"
	case q.isKey:
		hint = "it was deleted, its secret is another, it is a Restricted key or one of another account or region, " +
			"or the account is suspended or closed"
	default:
		hint = "it was replaced or is another account's or region's, or the account is suspended or closed"
	}
	return finding{verdict: Refused, before: "Twilio does not accept ", about: q.about, after: " (" + what + "): " + hint + "."}
}

func (q question) inactive(is, what string) finding {
	return finding{
		verdict: AccountInactive,
		before:  "Twilio says that the account " + is + " (" + what + "; asked with ",
		about:   q.about,
		after:   ").",
	}
}

// unclear is an answer that says nothing of the credential.
func (q question) unclear(why string) finding {
	return finding{before: "Twilio's answer about ", about: q.about, after: " does not tell: " + why + "."}
}

// unanswered is no answer.
func (q question) unanswered(why string) finding {
	return finding{before: "Twilio could not be asked about ", about: q.about, after: ": " + why + "."}
}
