package issuance_test

import (
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

var (
	failedCall  *issuance.Fault
	readOnly    = &issuance.Fault{Reason: v1alpha1.ReasonQuotaExceeded}
	seenByWatch = &issuance.Fault{Reason: v1alpha1.ReasonAccountNotFound, Watched: true}
)

func TestAWaitWhileATokenLivesIsBoundByWhatIsLeft(t *testing.T) {
	for _, test := range []struct {
		left                 time.Duration
		call, read, watching time.Duration
	}{
		{time.Nanosecond, 250 * time.Millisecond, 250 * time.Millisecond, 250 * time.Millisecond},
		{250 * time.Millisecond, 250 * time.Millisecond, 250 * time.Millisecond, 250 * time.Millisecond},
		{2500 * time.Millisecond, 250 * time.Millisecond, 250 * time.Millisecond, 2500 * time.Millisecond},
		{2600 * time.Millisecond, 260 * time.Millisecond, 260 * time.Millisecond, 2600 * time.Millisecond},
		{time.Minute, 6 * time.Second, 6 * time.Second, time.Minute},
		{100 * time.Second, 10 * time.Second, 10 * time.Second, 100 * time.Second},
		{101 * time.Second, 10100 * time.Millisecond, 10 * time.Second, 101 * time.Second},
		{10 * time.Minute, time.Minute, 10 * time.Second, 10 * time.Minute},
		{11 * time.Minute, time.Minute, 10 * time.Second, 10 * time.Minute},
		{24 * time.Hour, time.Minute, 10 * time.Second, 10 * time.Minute},
	} {
		for _, failing := range []time.Duration{-time.Hour, 0, time.Second, 3 * time.Second, 30 * time.Second, time.Hour, 10_000 * time.Hour} {
			lasted := max(failing, time.Second)
			for _, kind := range []struct {
				name  string
				fault *issuance.Fault
				want  time.Duration
			}{
				{"a failed call", failedCall, min(test.call, lasted)},
				{"what is read", readOnly, min(test.read, lasted)},
				{"what is watched", seenByWatch, test.watching}, // there is nothing to try
			} {
				if got := issuance.Retry(kind.fault, noon, noon.Add(-failing), noon.Add(test.left)); got != kind.want {
					t.Errorf("%s, %s left, failing for %s: waits %s, not %s", kind.name, test.left, failing, got, kind.want)
				}
			}
		}
	}
}

func TestWithNoLivingTokenTheWaitsDoubleFromASecondUpToTheirBound(t *testing.T) {
	seconds := func(list ...int) []time.Duration {
		waits := make([]time.Duration, len(list))
		for i, s := range list {
			waits[i] = time.Duration(s) * time.Second
		}
		return waits
	}
	for _, test := range []struct {
		name  string
		fault *issuance.Fault
		waits []time.Duration
	}{
		{"a failed call", failedCall, seconds(1, 1, 2, 4, 8, 16, 32, 60, 60, 60)},
		{"what is read", readOnly, seconds(1, 1, 2, 4, 8, 10, 10, 10)},
		{"what is watched", seenByWatch, seconds(1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600)},
	} {
		for name, start := range map[string]struct{ since, expires time.Time }{
			"with no token":                               {noon, time.Time{}},
			"with one that expired before":                {noon, noon.Add(-time.Hour)},
			"with one that expires as the failing begins": {noon, noon},
			"with one that expired after":                 {noon.Add(-time.Hour), noon},
			"with a failing from before memory":           {time.Time{}, noon},
		} {
			t.Run(test.name+" "+name, func(t *testing.T) {
				now := noon
				for i, want := range test.waits {
					got := issuance.Retry(test.fault, now, start.since, start.expires)
					if got != want {
						t.Fatalf("try %d: waits %s, not %s", i, got, want)
					}
					now = now.Add(got)
				}
			})
		}
	}
}

func TestWhileATokenLivesTheWaitsDoubleFromASecondToo(t *testing.T) {
	now := noon
	for i, want := range []int{1, 1, 2, 4, 8, 16, 32, 60, 60} {
		got := issuance.Retry(failedCall, now, noon, noon.Add(24*time.Hour))
		if got != time.Duration(want)*time.Second {
			t.Fatalf("try %d: waits %s, not %d s", i, got, want)
		}
		now = now.Add(got)
	}
}

func TestARetryWithAStrangeClockIsStillBounded(t *testing.T) {
	for _, now := range []time.Time{noon, {}, time.Unix(0, 0), time.Unix(1<<40, 0)} {
		for _, since := range []time.Time{noon, {}, noon.AddDate(500, 0, 0), noon.AddDate(-500, 0, 0)} {
			for _, expires := range []time.Time{{}, noon, noon.AddDate(500, 0, 0), noon.AddDate(-500, 0, 0)} {
				for fault, longest := range map[*issuance.Fault]time.Duration{failedCall: time.Minute, readOnly: 10 * time.Second, seenByWatch: 10 * time.Minute} {
					if got := issuance.Retry(fault, now, since, expires); got < 250*time.Millisecond || got > longest {
						t.Errorf("now %s, since %s, expires %s: waits %s", now, since, expires, got)
					}
				}
			}
		}
	}
}

// However long it fails, and whatever the lifetime, a try comes before the token
// expires and soon after what failed is mended.
func TestATokenIsTriedForUpToItsLastQuarterOfASecond(t *testing.T) {
	for _, left := range []time.Duration{time.Second, 5 * time.Second, time.Minute, 20 * time.Minute, 8 * time.Hour} {
		now, expires := noon, noon.Add(left)
		for tries := 0; ; tries++ {
			wait := issuance.Retry(failedCall, now, noon, expires)
			if !now.Add(wait).Before(expires) {
				if remains := expires.Sub(now); remains > 250*time.Millisecond {
					t.Errorf("%s left at first: the last try is %s before the expiry", left, remains)
				}
				break
			}
			now = now.Add(wait)
			if tries > 2000 {
				t.Fatalf("%s left at first: %d tries", left, tries)
			}
		}
	}
}

func TestAWaitIsTheTimeThatIsLeft(t *testing.T) {
	for _, test := range []struct{ until, want time.Duration }{
		{time.Hour, time.Hour},
		{251 * time.Millisecond, 251 * time.Millisecond},
		{250 * time.Millisecond, 250 * time.Millisecond},
		{249 * time.Millisecond, 250 * time.Millisecond},
		{0, 250 * time.Millisecond},
		{-time.Hour, 250 * time.Millisecond},
	} {
		if got := issuance.Wait(noon, noon.Add(test.until)); got != test.want {
			t.Errorf("%s: waits %s, not %s", test.until, got, test.want)
		}
	}
	if got := issuance.Wait(noon, time.Time{}); got != 250*time.Millisecond {
		t.Errorf("no time at all: waits %s", got)
	}
}

func TestTenRepairsAreMadeAtOnceAndThenOneEverySixSeconds(t *testing.T) {
	var r issuance.Repairs
	now := noon
	for i := range 10 {
		if !r.Allowed(now) {
			t.Fatalf("repair %d of ten at once is held back", i)
		}
		r = r.Made(now)
	}
	for range 5 {
		if r.Allowed(now.Add(6*time.Second - time.Millisecond)) {
			t.Error("another within six seconds")
		}
		if now = now.Add(6 * time.Second); !r.Allowed(now) {
			t.Error("none after six seconds")
		}
		r = r.Made(now)
	}
	if !r.Allowed(now.Add(-24 * time.Hour)) {
		t.Error("a clock that was set back by a day holds repairs back for a day")
	}
}
