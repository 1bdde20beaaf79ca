package twilio_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/twilio"
)

// numbers are what of an answer may come into a message: the HTTP status and Twilio's
// number.
var numbers = regexp.MustCompile(`HTTP \d{3}(, error \d{5})?`)

// FuzzAnswer: whatever is answered, the verdict is one of the four, the message is
// one of those that the tables know, and only what is about the account is accepted.
func FuzzAnswer(f *testing.F) {
	all := slices.Concat(acceptances, refusals, hesitations, oddities)
	known := make(map[string]bool)
	for _, tc := range all {
		f.Add(tc.about.APIKey != "", uint16(tc.status-200), tc.header.Get("Retry-After"), []byte(tc.body))
		known[template(tc.detail)] = true
	}
	f.Fuzz(func(t *testing.T, isKey bool, code uint16, retryAfter string, body []byte) {
		status := 200 + int(code)%800 // what net/http lets through has three digits
		about := token()
		if isKey {
			about = key()
		}
		header := http.Header{"Retry-After": {retryAfter}, "Date": {"Thu, 01 Oct 2026 10:00:00 GMT"}}
		answer := twilio.Read(about, status, header, body)
		if !known[template(answer.Detail)] {
			t.Errorf("an unknown message: %s", answer.Detail)
		}
		if answer.RetryAfter < 0 || answer.RetryAfter > twilio.Longest {
			t.Errorf("leave it alone for %s", answer.RetryAfter)
		}
		switch answer.Verdict {
		case twilio.Accepted:
			if status != http.StatusOK || !json.Valid(body) || !strings.Contains(strings.ToLower(string(body)), "ac") {
				t.Errorf("accepted by HTTP %d, %q", status, body)
			}
		case twilio.Refused:
			if status/100 != 4 {
				t.Errorf("refused by HTTP %d, %q", status, body)
			}
		case twilio.AccountInactive, twilio.Unreachable:
		default:
			t.Errorf("verdict %d", answer.Verdict)
		}
	})
}

// template is a message without the numbers in it, and with one name for both
// credentials.
func template(detail string) string {
	return numbers.ReplaceAllString(strings.ReplaceAll(detail, "the API key "+keySID, "the AuthToken"), "HTTP")
}
