package twilio

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// members are those of a JSON object, by their exact names: decoding into a struct
// would take a name in any case.
type members map[string]json.RawMessage

// membersOf are those of a JSON object that is alone and whole.
func membersOf(body []byte) (members, bool) {
	var m members
	err := json.Unmarshal(body, &m)
	return m, err == nil && m != nil
}

// text is the member's string; empty where it is none.
func (m members) text(name string) string {
	var s string
	if json.Unmarshal(m[name], &s) != nil {
		return ""
	}
	return s
}

// errorNumber is the number of Twilio's error that the body holds, such as 20003 in
// {"code": 20003, "message": "Authenticate", "status": 401}; 0 where there is none.
// Twilio's numbers have five digits. Those of gateways, which like to repeat the
// HTTP status in a member of the same name, have three.
func errorNumber(body []byte) int {
	m, ok := membersOf(body)
	if !ok {
		return 0
	}
	number, err := strconv.Atoi(string(m["code"]))
	if err != nil || number < 10000 || number > 99999 {
		return 0
	}
	return number
}

// readResource is read for the resource itself.
func (q question) readResource(body []byte) finding {
	m, ok := membersOf(body)
	switch {
	case len(body) > maxBody:
		return q.unclear("it is longer than 64 KiB (HTTP 200)")
	case !ok:
		return q.unclear("it is not JSON, or cut off (HTTP 200)")
	case q.listing:
		return q.readApplications(m)
	}
	return q.readAccount(m)
}

// readAccount reads the representation of an account, in which status is active,
// suspended or closed (https://www.twilio.com/docs/iam/api/account).
func (q question) readAccount(m members) finding {
	// Hexadecimal digits may be written in capitals.
	if sid := m.text("sid"); sid != "" && !strings.EqualFold(sid, q.account) {
		return q.unclear("it is about another account (HTTP 200)")
	} else if sid == "" {
		return q.unclear("it is not an account as Twilio documents it (HTTP 200)")
	}
	switch m.text("status") {
	case "active":
		return q.accepted()
	case "suspended":
		return q.inactive("is suspended", "HTTP 200")
	case "closed":
		return q.inactive("is closed", "HTTP 200")
	}
	return q.unclear("it is not an account as Twilio documents it (HTTP 200)")
}

// readApplications reads a page of applications, of which there may be none. The
// uri of the page names the account even then
// (https://www.twilio.com/docs/usage/api/applications).
func (q question) readApplications(m members) finding {
	var applications []members
	uri := strings.ToLower(m.text("uri"))
	if json.Unmarshal(m["applications"], &applications) != nil || applications == nil || !strings.Contains(uri, "/accounts/ac") {
		return q.unclear("it is not a list of applications as Twilio documents it (HTTP 200)")
	}
	same := strings.Contains(uri, strings.ToLower("/Accounts/"+q.account+"/"))
	for _, application := range applications {
		same = same && strings.EqualFold(application.text("account_sid"), q.account)
	}
	if !same {
		return q.unclear("it is about another account (HTTP 200)")
	}
	return q.accepted()
}

func (q question) accepted() finding {
	return finding{verdict: Accepted, before: "Twilio accepts ", about: q.about, after: "."}
}

// longest is the longest time that Twilio is left alone at its wish. A mistaken
// header would otherwise end all questions.
const longest = 24 * time.Hour

// retryAfter is what the header of that name asks for, in seconds or as a date. The
// page of 429 (https://support.twilio.com/hc/en-us/articles/48916449686299) asks to respect it
// and shows no form. A date counts from the answer's own, so that no clock is needed.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if until, err := http.ParseTime(value); err == nil {
		answered, err := http.ParseTime(header.Get("Date"))
		if err != nil {
			return 0
		}
		wait = until.Sub(answered)
	}
	return min(max(wait, 0), longest)
}
