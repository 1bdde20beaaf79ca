package issuance_test

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

func declared(ttl, renewBefore v1alpha1.Duration, uid types.UID) *v1alpha1.ClientCapability {
	return &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{UID: uid},
		Spec:       v1alpha1.ClientCapabilitySpec{TTL: ttl, RenewBefore: renewBefore},
	}
}

func TestRenewBeforeIsAThirdOfTheLifetimeButLeavesAKubeletItsTime(t *testing.T) {
	for _, test := range []struct {
		ttl, renewBefore v1alpha1.Duration
		want             time.Duration
	}{
		{"5s", "", 2 * time.Second},
		{"30s", "", 15 * time.Second},
		{"1m", "", 30 * time.Second},
		{"3m", "", 90 * time.Second},
		{"4m", "", 2 * time.Minute},
		{"6m", "", 2 * time.Minute},
		{"10m", "", 200 * time.Second},
		{"1h", "", 20 * time.Minute},
		{"24h", "", 8 * time.Hour},
		{"1h", "54m", 54 * time.Minute},
		{"10m", "1s", time.Second},
	} {
		if got := issuance.RenewBefore(declared(test.ttl, test.renewBefore, "")); got != test.want {
			t.Errorf("ttl %s, renewBefore %q: %v, want %v", test.ttl, test.renewBefore, got, test.want)
		}
	}
}

func TestATokenIsRenewedUpToATenthOfTheWaitEarlierAndNeverLater(t *testing.T) {
	for _, ttl := range []v1alpha1.Duration{"5s", "1m", "6m", "1h", "24h"} {
		var buckets [10]int
		for i := range 1000 {
			c := declared(ttl, "", types.UID(fmt.Sprintf("0b7ff4b8-9e8d-4f0a-8f1c-%012x", i*7919)))
			token := capability.Token{IssuedAt: noon, ExpiresAt: noon.Add(capability.Lifetime(ttl.Value()))}
			planned := token.ExpiresAt.Add(-issuance.RenewBefore(c))
			term := planned.Sub(noon)
			at := issuance.RenewAt(c, token)
			early := planned.Sub(at)
			if early < 0 || early >= term/10 {
				t.Fatalf("ttl %s: renewed %v early, want from 0 to under a tenth of %v", ttl, early, term)
			}
			if at != issuance.RenewAt(c, token) {
				t.Fatal("the same object draws differently the second time")
			}
			buckets[int(early*100/term)]++
		}
		t.Logf("ttl %s: a thousand objects over ten equal parts of the jitter: %v", ttl, buckets)
		for i, n := range buckets {
			if n < 60 || n > 140 {
				t.Errorf("ttl %s: part %d of the jitter has %d of 1000 objects, want about 100", ttl, i, n)
			}
		}
	}
}

// A token's times are whole seconds, and a tenth of a short lifetime has few of
// them: whoever once shares a second with another must not share each later one.
func TestNoSecondStaysCrowdedWithThoseThatWereCreatedTogether(t *testing.T) {
	for _, test := range []struct {
		ttl   v1alpha1.Duration
		crowd int // at most so many in one second, in the end
	}{{"30s", 45}, {"1m", 30}, {"5m", 15}, {"1h", 8}} {
		issued := make([]time.Time, 1000)
		for i := range issued {
			c := declared(test.ttl, "", types.UID(fmt.Sprintf("0b7ff4b8-9e8d-4f0a-8f1c-%012x", i*7919)))
			issued[i] = noon
			for range 1000 {
				token := capability.Token{IssuedAt: issued[i], ExpiresAt: issued[i].Add(capability.Lifetime(test.ttl.Value()))}
				issued[i] = issuance.RenewAt(c, token).Truncate(time.Second) // as a token is issued
			}
		}
		crowds, most := map[time.Time]int{}, 0
		for _, at := range issued {
			crowds[at]++
			most = max(most, crowds[at])
		}
		t.Logf("ttl %s: a thousand objects, after a thousand renewals: at most %d in one second", test.ttl, most)
		if most > test.crowd {
			t.Errorf("ttl %s: %d objects are renewed in the same second, want at most %d", test.ttl, most, test.crowd)
		}
	}
}

func TestAShortTermIsNotCutBelowASecond(t *testing.T) {
	c := declared("5s", "4s", "0b7ff4b8-9e8d-4f0a-8f1c-3f8f1c9a6d11")
	token := capability.Token{IssuedAt: noon, ExpiresAt: noon.Add(5 * time.Second)}
	if got := issuance.RenewAt(c, token).Sub(noon); got != time.Second {
		t.Errorf("renewed %v after its issue, want 1s: a token's times are whole seconds", got)
	}
}

func TestARetryRespectsWhatIsLeftOfTheToken(t *testing.T) {
	read := &issuance.Fault{Reason: v1alpha1.ReasonQuotaExceeded}
	watched := &issuance.Fault{Reason: v1alpha1.ReasonAccountNotFound, Watched: true}
	none := time.Time{}
	for name, test := range map[string]struct {
		fault     *issuance.Fault
		failing   time.Duration
		expiresIn time.Duration // 0: there is no token
		want      time.Duration
	}{
		"a failed call is tried again in a second":                    {nil, 0, 10 * time.Hour, time.Second},
		"then it waits as long again as it has been failing":          {nil, 8 * time.Second, 10 * time.Hour, 8 * time.Second},
		"but at most a tenth of what is left":                         {nil, time.Hour, 100 * time.Second, 10 * time.Second},
		"and at most a minute":                                        {nil, time.Hour, 10 * time.Hour, time.Minute},
		"and no less than 250 ms":                                     {nil, 0, time.Second, 250 * time.Millisecond},
		"with no token it begins at a second":                         {nil, 0, 0, time.Second},
		"with no token it waits as long again as it has been failing": {nil, 8 * time.Second, 0, 8 * time.Second},
		"with no token it waits a minute at most":                     {nil, time.Hour, 0, time.Minute},
		"what only a read can tell waits ten seconds at most":         {read, time.Hour, 0, 10 * time.Second},
		"what only a read can tell respects the token too":            {read, time.Hour, 20 * time.Second, 2 * time.Second},
		"what a watch tells waits for the expiry":                     {watched, 0, 90 * time.Second, 90 * time.Second},
		"what a watch tells is looked at all the same":                {watched, 48 * time.Hour, 0, 10 * time.Minute},
		"from the expiry on the waits begin anew":                     {nil, time.Hour, -2 * time.Second, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			expiresAt := none
			if test.expiresIn != 0 {
				expiresAt = noon.Add(test.expiresIn)
			}
			if got := issuance.Retry(test.fault, noon, noon.Add(-test.failing), expiresAt); got != test.want {
				t.Errorf("waits %v, want %v", got, test.want)
			}
		})
	}
}

func TestATimeThatHasPassedMeansNow(t *testing.T) {
	for _, ago := range []time.Duration{0, time.Millisecond, time.Hour, 100 * 365 * 24 * time.Hour} {
		if got := issuance.Wait(noon, noon.Add(-ago)); got != 250*time.Millisecond {
			t.Errorf("%v ago: waits %v, want 250ms", ago, got)
		}
	}
}

func TestRepairsArePacedOnceTenWereMade(t *testing.T) {
	var r issuance.Repairs
	now, made := noon, 0
	for range 600 { // ten minutes of one edit a second
		if r.Allowed(now) {
			r, made = r.Made(now), made+1
		}
		now = now.Add(time.Second)
	}
	if made < 100 || made > 112 {
		t.Errorf("%d repairs in ten minutes, want ten at once and then ten a minute", made)
	}
	if !r.Allowed(now.Add(time.Minute)) {
		t.Error("after a minute of peace no repair is allowed")
	}
}
