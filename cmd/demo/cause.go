package main

import (
	"fmt"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// early is how much sooner than announced a renewal may come and still count as on time: status has whole seconds.
const early = time.Second

// verdict is what a new token counts as, and why it came.
type verdict struct {
	what, detail string
	tone         tone
}

func (v verdict) count(t *tally) {
	switch v.what {
	case "issued":
		t.issued++
	case "renewed":
		t.renewed++
	default:
		t.reissued++
	}
}

// why works out what made the operator write the token s in the place of the last one: the first difference found, from
// what is sure to what is left over. The tokens themselves tell most of it.
func (o *object) why(s *sighting, now time.Time) verdict {
	old := o.token
	if old == nil {
		return verdict{"issued", "for " + lifetime(s) + ": " + may(s.says.Grant), good}
	}
	cause, since := o.cause(old, s)
	switch {
	case cause != "":
		return verdict{"re-issued", cause + after(since, now), good}
	case o.early(old, s):
		return verdict{"re-issued", "before it was due; nothing seen here says why", notice}
	}
	left := old.says.ExpiresAt.Sub(now)
	if left <= 0 {
		return verdict{"renewed", fmt.Sprintf("for %s, %.1fs too late", lifetime(s), -left.Seconds()), bad}
	}
	return verdict{"renewed", "for " + lifetime(s) + ", with " + terminal.Short(left) + " left", good}
}

// cause names what happened between two tokens, and when; nothing for a routine renewal.
func (o *object) cause(old, s *sighting) (string, time.Time) {
	switch {
	case old.secret != s.secret:
		return "declaration changed: the Secret is now " + s.secret, o.changed
	case old.key != s.key:
		return "declaration changed: the key is now " + s.key, o.changed
	case o.lost != nil:
		return o.lost.why, o.lost.at
	case old.byHand != "" || !old.readable:
		return "its Secret was edited by hand", old.seen
	case old.says.Type != s.says.Type:
		return "declaration changed: tokenType " + old.says.Type.String() + " → " + s.says.Type.String(), o.changed
	case old.says.AccountSID != s.says.AccountSID:
		return "the account is another one", o.account.changed
	case o.account.known && !signedBy(old, o.account.auth):
		return "the account's " + o.account.signer() + " was rotated", o.account.changed
	case lifetime(old) != lifetime(s):
		return "declaration changed: ttl " + lifetime(old) + " → " + lifetime(s), o.changed
	case !old.says.Grant.Equal(s.says.Grant):
		return "declaration changed: may now " + may(s.says.Grant), o.changed
	case !old.says.ExpiresAt.After(o.resumed.at):
		return o.resumed.why, o.resumed.at
	case s.answered != "" && old.answered != s.answered:
		return "renewal was requested", o.asked.at
	case o.early(old, s) && old.generation != o.declared.Generation:
		return "declaration changed", o.changed
	}
	return "", time.Time{}
}

// early reports whether a token came before the time that status had announced. Status may lag behind, and then there is
// nothing to hold the token against.
func (o *object) early(old, s *sighting) bool {
	renewsAt, ok := o.renewsAt(old)
	return ok && s.says.IssuedAt.Before(renewsAt.Add(-early))
}

// renewsAt is when the operator means to replace a token, where its status speaks of that token.
func (o *object) renewsAt(s *sighting) (time.Time, bool) {
	status := o.declared.Status.Token
	if status == nil || status.RenewsAt == nil || !status.IssuedAt.Time.Equal(s.says.IssuedAt) {
		return time.Time{}, false
	}
	return status.RenewsAt.Time, true
}

// signedBy asks for the signature alone: at the time of its issue no token is expired.
func signedBy(s *sighting, auth string) bool {
	_, err := capability.Verify(s.raw, auth, s.says.IssuedAt)
	return err == nil
}

// after says how long ago the cause was, where the watch showed it first.
func after(cause, now time.Time) string {
	if cause.IsZero() || !cause.Before(now) {
		return ""
	}
	if ago := now.Sub(cause); ago < time.Second {
		return fmt.Sprintf(" (%dms earlier)", ago.Milliseconds())
	}
	return fmt.Sprintf(" (%.1fs earlier)", now.Sub(cause).Seconds())
}

// conditionEvents says where an object's conditions turned for the worse or the better.
func conditionEvents(o *object, before *v1alpha1.ClientCapability, now time.Time) []event {
	var events []event
	was, is := "", trouble(o.declared)
	if before != nil {
		was = trouble(before)
	}
	switch is {
	case was:
	case "":
		events = append(events, event{at: now, about: label(o.key), what: "well", detail: "ready again", tone: good})
	default:
		events = append(events, event{at: now, about: label(o.key), what: "trouble", detail: is, tone: notice})
	}
	return events
}

// trouble is what the conditions complain about; nothing where all is well.
func trouble(c *v1alpha1.ClientCapability) string {
	for _, condition := range c.Status.Conditions {
		wrong := condition.Type == v1alpha1.ReadyCondition && condition.Status == "False" ||
			condition.Type == v1alpha1.RenewalFailingCondition && condition.Status == "True"
		if wrong {
			return condition.Type + " is " + string(condition.Status) + ", " + terminal.Printable(condition.Reason+": "+condition.Message)
		}
	}
	return ""
}
