package main

import (
	"errors"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// grace is how long a wrong token may stay in a Secret after the AuthToken was rotated, after somebody wrote it there by
// hand, or after renewal became possible again, before that counts against the operator.
const grace = 5 * time.Second

// check holds every token against the clock and against its account's present AuthToken.
func (l *ledger) check(now time.Time) []event {
	var events []event
	for _, o := range l.sorted() {
		if o.token == nil {
			continue
		}
		o.measure(now)
		if e, ok := o.checkExpiry(now); ok {
			events = append(events, e)
		}
		if e, ok := o.checkSignature(now); ok {
			events = append(events, e)
		}
	}
	return events
}

// accountable reports whether the operator has what it needs to keep a live token: nobody stopped it, and the account is
// there.
func (o *object) accountable() bool {
	return o.declared != nil && !o.declared.Spec.Suspend && o.declared.DeletionTimestamp == nil && o.account.known
}

// answerable reports whether the operator answers for the token that is in the Secret now: it had the time to replace one
// that others brought about.
func (o *object) answerable(now time.Time) bool {
	return o.token != nil && o.lost == nil && o.accountable() && now.Sub(o.resumed.at) >= grace &&
		(o.token.byHand == "" || now.Sub(o.token.seen) >= grace)
}

// measure remembers the shortest remaining life that the object's Secret was ever seen with, of tokens that somebody means
// to renew.
func (o *object) measure(now time.Time) {
	if o.declared == nil || o.declared.Spec.Suspend || o.token == nil || o.lost != nil {
		return
	}
	if o.token.byHand != "" || !o.token.readable || !o.token.says.ExpiresAt.After(o.resumed.at) {
		return
	}
	left := o.token.says.ExpiresAt.Sub(now)
	if !o.tally.lived || left < o.tally.shortest {
		o.tally.shortest, o.tally.lived = left, true
	}
}

func (o *object) checkExpiry(now time.Time) (event, bool) {
	if !o.answerable(now) || !o.token.readable || o.token.expired || now.Before(o.token.says.ExpiresAt) {
		return event{}, false
	}
	o.token.expired = true
	o.tally.expired++
	return event{at: now, about: label(o.key), what: "EXPIRED", tone: bad,
		detail: "Secret " + o.token.secret + " holds an expired token"}, true
}

func (o *object) checkSignature(now time.Time) (event, bool) {
	if !o.answerable(now) || o.token.failed || now.Sub(o.account.changed) < grace {
		return event{}, false
	}
	problem := falsehood(o.token, o.account, o.account.auth, now)
	if problem == "" {
		return event{}, false
	}
	o.token.failed = true
	o.tally.failed++
	return event{at: now, about: label(o.key), what: "FALSE", tone: bad,
		detail: "Secret " + o.token.secret + " holds a token that does not verify: " + problem}, true
}

// falseAtBirth says what is wrong with a token that the operator has just written. It may still have read the AuthToken
// that is being rotated away; check sees to it that such a token does not stay.
func (o *object) falseAtBirth(now time.Time) string {
	if !o.account.known {
		return ""
	}
	problem := falsehood(o.token, o.account, o.account.auth, now)
	if problem == "" || now.Sub(o.account.changed) >= grace || o.account.previous == "" {
		return problem
	}
	return falsehood(o.token, o.account, o.account.previous, now)
}

// falsehood says in what way a token is not the account's; nothing where it is. Expiry is told apart elsewhere.
func falsehood(s *sighting, a account, auth string, now time.Time) string {
	says, err := capability.Verify(s.raw, auth, now)
	switch {
	case errors.Is(err, capability.ErrExpired):
		return ""
	case err != nil:
		return err.Error() // the library's messages never hold a token or a credential
	case says.AccountSID != a.sid:
		return "it is another account's"
	}
	return ""
}
