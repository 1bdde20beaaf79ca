package issuance_test

import (
	"hash/fnv"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// A property that nothing can break proves nothing: each of these breaks one
// thing, and the invariants have to notice.

func TestABrokenScheduleIsNoticed(t *testing.T) {
	for _, broken := range []struct {
		name    string
		breaks  func(*schedule)
		in      scales
		notices []invariant
	}{
		{"a renewal one jitter too late", renewOneJitterLate, allScales, []invariant{late}},
		{"a wake-up lost because its time is cut to whole seconds", func(s *schedule) {
			s.wait = func(now, next time.Time) time.Duration { return next.Sub(now).Truncate(time.Second) }
		}, allScales, []invariant{noWakeUp}},
		{"a wake-up lost because a watch is trusted to come", func(s *schedule) { s.retry = retryUnwatchedOnly }, allScales, []invariant{noWakeUp}},
		{"a wake-up lost in the queue", func(s *schedule) { s.wait = loseSome }, allScales, []invariant{expired}},
		{"a refresh interval instead of the expiry", func(s *schedule) {
			s.wait = func(time.Time, time.Time) time.Duration { return 10 * time.Minute }
		}, allScales, []invariant{expired, late}},
		{"a backoff that ignores what is left of the token", func(s *schedule) { s.retry = retryIgnoringLife }, scales{10 * time.Second, 30 * time.Minute}, []invariant{expired, backoff}},
		{"a jitter that is drawn anew each time", drawAnew, allScales, []invariant{jitter}},
		{"a jitter of a fifth", jitterOfAFifth, allScales, []invariant{jitter}},
		{"a renew request that is honoured again and again", forgetAnswers, allScales, []invariant{twice}},
		{"everything minted again after a restart", mintAlways, allScales, []invariant{twice}},
		{"a rotated AuthToken that goes unnoticed", trustSignatures, allScales, []invariant{wrong}},
	} {
		t.Run(broken.name, func(t *testing.T) {
			s := realSchedule
			broken.breaks(&s)
			worlds, size := 6, scope{objects: 16, lifetimes: 80, haste: 3}
			if underRace {
				worlds, size = 4, scope{objects: 12, lifetimes: 60, haste: 3}
			}
			total := runWorlds(t, seedOf(t), worlds, broken.in, size, s)
			total.notices(t, broken.notices...)
		})
	}
}

// notices checks that the invariants were found broken.
func (r *report) notices(t *testing.T, notices ...invariant) {
	t.Helper()
	for _, want := range notices {
		if r.violations[want] == 0 {
			t.Errorf("not noticed: %s", want)
			continue
		}
		t.Logf("noticed %d times: %s; first in %s", r.violations[want], want, r.first[want])
	}
}

// postpone gives every renewal another time, in the decision and in the plan.
func postpone(s *schedule, planned func(*v1alpha1.ClientCapability, capability.Token, time.Time) time.Time) {
	s.renewAt = func(c *v1alpha1.ClientCapability, t capability.Token) time.Time {
		return planned(c, t, time.Time{})
	}
	s.decide = func(f issuance.Facts) issuance.Verdict {
		v := issuance.Decide(f)
		if v.Held == nil {
			return v
		}
		v.RenewAt = planned(f.Capability, *v.Held, f.Now)
		switch due := !f.Now.Before(v.RenewAt); {
		case v.Cause == issuance.CauseRenewal && !due:
			v.Action, v.Cause = issuance.Keep, ""
		case v.Action == issuance.Keep && due:
			v.Action, v.Cause = issuance.Mint, issuance.CauseRenewal
		}
		return v
	}
}

func renewOneJitterLate(s *schedule) {
	postpone(s, func(c *v1alpha1.ClientCapability, t capability.Token, _ time.Time) time.Time {
		latest := t.ExpiresAt.Add(-issuance.RenewBefore(c))
		return latest.Add(latest.Sub(issuance.RenewAt(c, t)))
	})
}

func jitterOfAFifth(s *schedule) {
	postpone(s, func(c *v1alpha1.ClientCapability, t capability.Token, _ time.Time) time.Time {
		due := issuance.RenewAt(c, t)
		return due.Add(due.Sub(t.ExpiresAt.Add(-issuance.RenewBefore(c))))
	})
}

func drawAnew(s *schedule) {
	postpone(s, func(c *v1alpha1.ClientCapability, t capability.Token, now time.Time) time.Time {
		latest := t.ExpiresAt.Add(-issuance.RenewBefore(c))
		drawn := float64(now.UnixNano()%1000) / 1000
		return latest.Add(-time.Duration(drawn * float64(latest.Sub(issuance.RenewAt(c, t)))))
	})
}

func loseSome(now, next time.Time) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(now.String()))
	if h.Sum32()%100 == 0 {
		return 10_000 * time.Hour
	}
	return issuance.Wait(now, next)
}

func retryUnwatchedOnly(fault *issuance.Fault, now, since, expires time.Time) time.Duration {
	if fault != nil && fault.Watched {
		return 0
	}
	return issuance.Retry(fault, now, since, expires)
}

func retryIgnoringLife(_ *issuance.Fault, now, since, _ time.Time) time.Duration {
	return min(max(now.Sub(since), time.Second), 1000*time.Second)
}

func forgetAnswers(s *schedule) {
	s.decide = func(f issuance.Facts) issuance.Verdict {
		if f.Secret != nil {
			forgotten := *f.Secret
			forgotten.AnsweredRenewRequest = ""
			f.Secret = &forgotten
		}
		return issuance.Decide(f)
	}
}

func mintAlways(s *schedule) {
	s.decide = func(f issuance.Facts) issuance.Verdict {
		v := issuance.Decide(f)
		if v.Action == issuance.Keep {
			v.Action, v.Cause = issuance.Mint, issuance.CauseFirstIssue
		}
		return v
	}
}

func trustSignatures(s *schedule) {
	s.decide = func(f issuance.Facts) issuance.Verdict {
		v := issuance.Decide(f)
		if v.Cause == issuance.CauseSignatureInvalid {
			v.Action, v.Cause, v.RenewAt = issuance.Keep, "", f.Now.Add(time.Hour)
		}
		return v
	}
}
