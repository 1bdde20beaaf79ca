package issuance_test

import (
	"reflect"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

func sameFacts(f, g issuance.Facts) bool { return reflect.DeepEqual(f, g) }

func TestARenewRequestIsOneByItsInstant(t *testing.T) {
	for _, test := range []struct {
		name, asks, answered string
		want                 outcome
	}{
		{"the same words", "2026-03-14T11:00:00Z", "2026-03-14T11:00:00Z", keep},
		{"the same instant in another zone", "2026-03-14T16:30:00+05:30", "2026-03-14T11:00:00Z", keep},
		{"the same instant west of Greenwich", "2026-03-13T23:00:00-12:00", "2026-03-14T11:00:00Z", keep},
		{"the same instant with a fraction of nothing", "2026-03-14T11:00:00.000Z", "2026-03-14T11:00:00Z", keep},
		{"the same words in another zone", "2026-03-14T11:00:00+01:00", "2026-03-14T11:00:00Z", outcome(issuance.CauseRenewRequested)},
		{"a second later", "2026-03-14T11:00:01Z", "2026-03-14T11:00:00Z", outcome(issuance.CauseRenewRequested)},
		{"a second earlier", "2026-03-14T10:59:59Z", "2026-03-14T11:00:00Z", outcome(issuance.CauseRenewRequested)},
		{"a nanosecond later", "2026-03-14T11:00:00.000000001Z", "2026-03-14T11:00:00Z", outcome(issuance.CauseRenewRequested)},
		{"never answered", "2026-03-14T11:00:00Z", "", outcome(issuance.CauseRenewRequested)},
		{"an answer that somebody spoiled", "2026-03-14T11:00:00Z", "yesterday", outcome(issuance.CauseRenewRequested)},
		{"a word", "now", "", keep},
		{"nothing", "", "", keep},
		{"a date", "2026-03-14", "", keep},
		{"no zone", "2026-03-14T11:00:00", "", keep},
		{"a number", "1773486000", "", keep},
		{"a day that isn't", "2026-02-30T11:00:00Z", "", keep},
		{"spaces", " 2026-03-14T11:00:00Z ", "", keep},
		{"a time that its zone takes beyond the year 9999", "9999-12-31T23:59:59-01:00", "", keep},
		{"a time that its zone takes before the year 0", "0000-01-01T00:00:00+01:00", "", keep},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := issuance.Decide(healthy(t, requests(test.asks), answers(test.answered)))
			if got := outcomeOf(v); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
		})
	}
}

func TestARenewRequestIsReadAndRewritten(t *testing.T) {
	for _, test := range []struct {
		asks, want string
		readable   bool
	}{
		{"2026-03-14T11:00:00Z", "2026-03-14T11:00:00Z", true},
		{"2026-03-14T16:30:00+05:30", "2026-03-14T11:00:00Z", true},
		{"2026-03-14T11:00:00.250Z", "2026-03-14T11:00:00.25Z", true},
		{"9999-12-31T23:59:59-01:00", "", false},
		{"soon", "", false},
		{"", "", false},
	} {
		c := tommy()
		c.Annotations = map[string]string{v1alpha1.RenewRequestedAtAnnotation: test.asks}
		if got, readable := issuance.RenewRequest(c); got != test.want || readable != test.readable {
			t.Errorf("%q: %q, readable %v", test.asks, got, readable)
		}
		// What is written as the answer reads as the same request.
		if c.Annotations[v1alpha1.RenewRequestedAtAnnotation] = test.want; test.readable {
			if again, _ := issuance.RenewRequest(c); again != test.want {
				t.Errorf("%q is rewritten as %q", test.want, again)
			}
		}
	}
	if got, readable := issuance.RenewRequest(tommy()); got != "" || !readable {
		t.Errorf("without the annotation: %q, readable %v", got, readable)
	}
}

func TestARequestThatIsTakenBackIsNoCause(t *testing.T) {
	v := issuance.Decide(healthy(t, answers("2026-03-14T11:00:00Z")))
	if got := outcomeOf(v); got != keep || v.RenewRequest != "" {
		t.Errorf("came to %s, request %q", got, v.RenewRequest)
	}
}

func TestARequestIsToldWithEveryVerdict(t *testing.T) {
	for _, changes := range [][]change{nil, {suspended}, {noAccount}, {neverIssued}, {holds("")}} {
		v := issuance.Decide(healthy(t, append(changes, requests("2026-03-14T12:00:00+01:00"))...))
		if v.RenewRequest != "2026-03-14T11:00:00Z" {
			t.Errorf("%s: request %q", outcomeOf(v), v.RenewRequest)
		}
	}
}
