package main

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestTheVerdictOnARun(t *testing.T) {
	t.Parallel()
	healthy := report{name: "tommy", required: true, tally: tally{issued: 1, renewed: 2}}
	with := func(change func(*report)) []report {
		r := healthy
		change(&r)
		return []report{healthy, r}
	}
	for name, tc := range map[string]struct {
		reports []report
		ran     time.Duration
		want    string
	}{
		"renewed tokens are well":                   {with(func(*report) {}), time.Minute, ""},
		"an expired token is not":                   {with(func(r *report) { r.expired = 1 }), time.Second, "expired"},
		"a false token is not":                      {with(func(r *report) { r.failed = 1 }), time.Second, "failed verification"},
		"an expired token counts for anyone":        {with(func(r *report) { r.expired, r.required = 1, false }), time.Second, "expired"},
		"a sample must be renewed in 45s":           {with(func(r *report) { r.renewed = 0 }), 45 * time.Second, "never renewed"},
		"a sample need not be renewed before":       {with(func(r *report) { r.renewed = 0 }), 44 * time.Second, ""},
		"a re-issue is as good as a renewal":        {with(func(r *report) { r.renewed, r.reissued = 0, 1 }), time.Minute, ""},
		"only samples must be renewed":              {with(func(r *report) { r.renewed, r.required = 0, false }), time.Minute, ""},
		"a sample must have a token soon":           {with(func(r *report) { r.tally = tally{} }), 10 * time.Second, "never had a token"},
		"a sample need not have a token right away": {with(func(r *report) { r.tally = tally{} }), 9 * time.Second, ""},
		"a run without any object shows nothing":    {nil, 10 * time.Second, "no ClientCapability"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(complaints(tc.reports, tc.ran), "; ")
			if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestOnlyUntouchedSamplesMustBeRenewed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(*scene)
		want    bool
	}{
		"an untouched one":          {func(*scene) {}, true},
		"one with a new label":      {func(s *scene) { s.declare(func(c *v1alpha1.ClientCapability) { c.Labels = nil }) }, true},
		"a changed one":             {func(s *scene) { s.declare(func(c *v1alpha1.ClientCapability) { c.Generation = 2 }) }, false},
		"a suspended one":           {func(s *scene) { s.declare(func(c *v1alpha1.ClientCapability) { c.Spec.Suspend = true }) }, false},
		"a deleted one":             {func(s *scene) { s.ledger.undeclare(s.tommy().key, s.now) }, false},
		"one whose account is gone": {func(s *scene) { s.removeSecret("twilio") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			tc.happens(s)
			reports := s.ledger.reports(map[types.NamespacedName]bool{s.tommy().key: true})
			if got := reports[0].required; got != tc.want {
				t.Errorf("required is %v, want %v", got, tc.want)
			}
		})
	}
}

func TestTheSummaryTellsEachObjectsFigures(t *testing.T) {
	t.Parallel()
	reports := []report{
		{name: "support", tally: tally{issued: 1, renewed: 4, lived: true, shortest: 7440 * time.Millisecond}},
		{name: "tommy (deleted)", tally: tally{issued: 1, reissued: 12, failed: 1}},
	}
	var got []string
	for _, l := range summary(reports, 59900*time.Millisecond, []string{"tommy: something"}) {
		got = append(got, l.text)
	}
	want := []string{
		"After 1m:",
		"NAME             ISSUED  RENEWED  RE-ISSUED  SHORTEST LIFE  UNVERIFIED  EXPIRED",
		"support          1       4        0          7.4s           0           0",
		"tommy (deleted)  1       0        12         -              1           0",
		"FAILED: tommy: something",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
