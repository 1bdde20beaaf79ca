package issuance_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/issuance"
)

// invariant names what must never be seen.
type invariant string

const (
	expired    invariant = "an expired token while the promise's conditions hold"
	wrong      invariant = "a wrong token while the promise's conditions hold"
	noWakeUp   invariant = "a path without a next wake-up"
	hotLoop    invariant = "a hot loop"
	late       invariant = "a renewal later than planned"
	jitter     invariant = "a jitter out of its bound"
	twice      invariant = "two tokens for one cause"
	backoff    invariant = "a retry later than what is left allows"
	forbidden  invariant = "a token minted though the facts forbid it"
	unmintable invariant = "a decision to mint what can't be minted"
)

// report is what one world, or all of them together, came to.
type report struct {
	title string
	// violations counts them; first has the first of each kind.
	worlds     int
	violations map[invariant]int
	first      map[invariant]string

	objects                  int
	lived, promised, strict  time.Duration
	passes, signed           int
	minted                   map[issuance.Cause]int
	faults                   map[string]int
	conflicts, lost, dropped int
	behind                   int
	undisturbed              int
	lateness, outage         time.Duration
	// outageLives is the longest outage in lifetimes of its world.
	outageLives float64
	ahead       span
}

// span is the range that numbers were seen in.
type span struct {
	count    int
	min, max float64
}

func (s *span) add(x float64) { s.merge(span{count: 1, min: x, max: x}) }

func (s *span) merge(t span) {
	switch {
	case t.count == 0:
	case s.count == 0:
		*s = t
	default:
		s.count, s.min, s.max = s.count+t.count, min(s.min, t.min), max(s.max, t.max)
	}
}

func newReport(title string) *report {
	return &report{
		title:      title,
		violations: map[invariant]int{}, first: map[invariant]string{},
		minted: map[issuance.Cause]int{}, faults: map[string]int{},
	}
}

// trailing is set to see, with a violation, what happened to the object before.
var trailing = os.Getenv("ISSUANCE_TRAIL") != ""

func (w *world) note(o *object, format string, args ...any) {
	const long = 25
	if !trailing {
		return
	}
	o.trail = append(o.trail, fmt.Sprintf("\n\t%s %s", w.now, fmt.Sprintf(format, args...)))
	o.trail = o.trail[max(0, len(o.trail)-long):]
}

func (w *world) noteAll(format string, args ...any) {
	for _, o := range w.objects {
		w.note(o, format, args...)
	}
}

func (w *world) violated(o *object, broken invariant, format string, args ...any) {
	w.report.violations[broken]++
	if w.report.violations[broken] > 1 {
		return
	}
	d := o.truthDecl.object
	w.report.first[broken] = fmt.Sprintf("%s, at %s: object %s (ttl %s, renewBefore %q): %s",
		w.report.title, w.now, d.UID, d.Spec.TTL, d.Spec.RenewBefore, fmt.Sprintf(format, args...)) + strings.Join(o.trail, "")
}

func (r *report) merge(s *report) {
	r.worlds++
	for broken, n := range s.violations {
		if r.violations[broken] == 0 {
			r.first[broken] = s.first[broken]
		}
		r.violations[broken] += n
	}
	for cause, n := range s.minted {
		r.minted[cause] += n
	}
	for fault, n := range s.faults {
		r.faults[fault] += n
	}
	r.objects += s.objects
	r.lived += s.lived
	r.promised += s.promised
	r.strict += s.strict
	r.passes += s.passes
	r.signed += s.signed
	r.conflicts += s.conflicts
	r.lost += s.lost
	r.dropped += s.dropped
	r.behind += s.behind
	r.undisturbed += s.undisturbed
	r.lateness = max(r.lateness, s.lateness)
	r.outage = max(r.outage, s.outage)
	r.outageLives = max(r.outageLives, s.outageLives)
	r.ahead.merge(s.ahead)
}

func (r *report) days() float64 { return r.lived.Hours() / 24 }

func (r *report) mints() int {
	n := 0
	for _, count := range r.minted {
		n += count
	}
	return n
}

// fail reports the first violation of each kind.
func (r *report) fail(t *testing.T) {
	t.Helper()
	for broken, n := range r.violations {
		t.Errorf("%s (%d times); first in %s", broken, n, r.first[broken])
	}
}

func (r *report) log(t *testing.T) {
	t.Helper()
	t.Logf("%d objects, %.0f object-days; the promise's conditions held for %.1f %% of them, without any allowance for %.1f %%",
		r.objects, r.days(), 100*float64(r.promised)/float64(r.lived), 100*float64(r.strict)/float64(r.lived))
	t.Logf("%d passes, %d tokens signed, %d of them written: %s", r.passes, r.signed, r.mints(), counts(r.minted))
	t.Logf("faults: %s", counts(r.faults))
	t.Logf("%d writes on what had changed, %d that took effect and reported failure, %d events of own writes dropped, %d passes that came before them",
		r.conflicts, r.lost, r.dropped, r.behind)
	t.Logf("longest outage %s, and %.1f lifetimes", r.outage.Round(time.Second), r.outageLives)
	t.Logf("%d undisturbed renewals, the latest of them %s after its latest planned time", r.undisturbed, r.lateness)
	t.Logf("planned ahead of the latest time by %.5f to %.5f of the waiting time", r.ahead.min, r.ahead.max)
}

func counts[K ~string](m map[K]int) string {
	list := make([]string, 0, len(m))
	for k, n := range m {
		list = append(list, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
