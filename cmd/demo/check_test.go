package main

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

func TestTheCheckCountsWhatTheOperatorAnswersFor(t *testing.T) {
	t.Parallel()
	suspend := func(yes bool, generation int64) func(*v1alpha1.ClientCapability) {
		return func(c *v1alpha1.ClientCapability) { c.Generation, c.Spec.Suspend = generation, yes }
	}
	for name, tc := range map[string]struct {
		happens         func(*scene)
		wait            time.Duration
		failed, expired int
	}{
		"a live token is fine":              {func(*scene) {}, 29 * time.Second, 0, 0},
		"a token is expired on the second":  {func(*scene) {}, 30 * time.Second, 0, 1},
		"a token replaced late was expired": {func(s *scene) { s.after(31*time.Second).mint(accountSID, authToken, nil) }, 0, 0, 1},
		"a suspended token may expire":      {func(s *scene) { s.declare(suspend(true, 2)) }, time.Minute, 0, 0},
		"a token has a moment after its suspension": {func(s *scene) {
			s.declare(suspend(true, 2))
			s.after(time.Minute).declare(suspend(false, 3))
		}, 4 * time.Second, 0, 0},
		"a token has no more than a moment after its suspension": {func(s *scene) {
			s.declare(suspend(true, 2))
			s.after(time.Minute).declare(suspend(false, 3))
		}, 5 * time.Second, 0, 1},
		"a token without an account may expire": {func(s *scene) { s.removeSecret("twilio") }, time.Minute, 0, 0},
		"a deleted Secret holds no token":       {func(s *scene) { s.removeSecret("tommy") }, time.Minute, 0, 0},
		"a token of a deleted object may expire": {func(s *scene) {
			s.ledger.undeclare(s.tommy().key, s.now)
		}, time.Minute, 0, 0},
		"a rotation takes a moment":       {func(s *scene) { s.account(accountSID, nextToken) }, 4 * time.Second, 0, 0},
		"a rotation takes but a moment":   {func(s *scene) { s.account(accountSID, nextToken) }, 5 * time.Second, 1, 0},
		"a token with a wrong key":        {func(s *scene) { s.after(10*time.Second).mint(accountSID, nextToken, nil) }, 0, 1, 0},
		"a token of another account":      {func(s *scene) { s.after(10*time.Second).mint(otherSID, authToken, nil) }, 0, 1, 0},
		"a token that is no token":        {func(s *scene) { s.write(s.secret.DeepCopy(), "token", "junk", theOperator) }, 0, 1, 0},
		"an edit by hand is mended soon":  {func(s *scene) { s.write(s.secret.DeepCopy(), "token", "junk", "vi") }, 4 * time.Second, 0, 0},
		"an edit by hand must not remain": {func(s *scene) { s.write(s.secret.DeepCopy(), "token", "junk", "vi") }, 5 * time.Second, 1, 0},
		"a token may cross its account's rotation": {func(s *scene) {
			s.after(time.Second).account(accountSID, nextToken)
			s.mint(accountSID, authToken, func(*capability.Token, *corev1.Secret) {})
		}, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			tc.happens(s)
			for range 3 { // what was counted once is not counted again
				s.ledger.check(s.now.Add(tc.wait))
			}
			if tally := s.tommy().tally; tally.failed != tc.failed || tally.expired != tc.expired {
				t.Errorf("counted %d failed and %d expired, want %d and %d", tally.failed, tally.expired, tc.failed, tc.expired)
			}
		})
	}
}

func TestTheShortestLifeIsThatOfTheTokenReplacedLast(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, wait := range []time.Duration{10 * time.Second, 25 * time.Second, 15 * time.Second} {
		s.after(wait).mint(accountSID, authToken, nil)
	}
	if got := s.tommy().tally; got.shortest != 5*time.Second || got.renewed != 3 || got.issued != 1 {
		t.Errorf("got %+v, want one issue, three renewals and 5s", got)
	}
}

func TestAnEventNeverHoldsATokenOrCredential(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.after(10*time.Second).mint(accountSID, nextToken, nil)
	s.expect("renewed", "VERIFICATION FAILED: capability: signature does not match")
	for _, secret := range []string{authToken, nextToken, s.tommy().token.raw} {
		for _, e := range s.events {
			if strings.Contains(e.detail, secret) {
				t.Errorf("an event holds a secret: %q", e.what)
			}
		}
	}
}
