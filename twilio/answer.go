package twilio

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Verdict is what Twilio says of credentials. There are no other values than
// these.
type Verdict uint8

// The verdicts.
const (
	// Unreachable is the verdict where Twilio gave no answer that tells. The
	// zero value, so that nothing is ever taken for an answer by accident.
	Unreachable Verdict = iota
	// Accepted: Twilio answered with all of these credentials.
	Accepted
	// Refused: Twilio does not accept one of them for this account.
	Refused
	// AccountInactive: the account is suspended or closed.
	AccountInactive
)

// String is the verdict's name.
func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "Accepted"
	case Refused:
		return "Refused"
	case AccountInactive:
		return "AccountInactive"
	case Unreachable:
	}
	return "Unreachable"
}

// weight says which of two verdicts counts. An inactive account comes first
// because it explains a refusal: Twilio answers 20003 for either.
func (v Verdict) weight() int {
	return slices.Index([]Verdict{Accepted, Unreachable, Refused, AccountInactive}, v)
}

// Answer is what Twilio says of an account's credentials.
type Answer struct {
	// Verdict is the worst of what was said of each credential: AccountInactive,
	// Refused, Unreachable, Accepted, in this order.
	Verdict Verdict
	// Detail says in sentences which credential, what Twilio's error number and
	// the HTTP status were, and what may be the cause. See the package's
	// "Secrecy" for what it never holds.
	Detail string
	// RetryAfter is how long Twilio asks to be left alone, a day at most; zero
	// where it did not say.
	RetryAfter time.Duration
}

// finding is what was learned of one credential. It reads as a sentence: before,
// about, after.
type finding struct {
	verdict              Verdict
	before, about, after string
	retryAfter           time.Duration
	// busy is set where asking on would be ill-mannered.
	busy bool
}

// answerOf is the worst of the findings, of which there is at least one. Of what is
// the same for both credentials it makes one sentence.
func answerOf(findings []finding) Answer {
	worst := slices.MaxFunc(findings, func(a, b finding) int { return cmp.Compare(a.verdict.weight(), b.verdict.weight()) })
	answer := Answer{Verdict: worst.verdict}
	var sentences []string
	for i, f := range findings {
		answer.RetryAfter = max(answer.RetryAfter, f.retryAfter)
		said := func(g finding) bool { return g.before == f.before && g.after == f.after }
		if f.verdict != worst.verdict || slices.ContainsFunc(findings[:i], said) {
			continue
		}
		var about []string
		for _, g := range findings[i:] {
			if said(g) {
				about = append(about, g.about)
			}
		}
		sentences = append(sentences, f.before+strings.Join(about, " and ")+f.after)
	}
	answer.Detail = strings.Join(sentences, " ")
	return answer
}
