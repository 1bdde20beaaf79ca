package issuance_test

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// order is what a fuzzer makes up of a declaration and a request for it.
type order struct {
	declared, pattern, ttl, renewBefore string
	name                                string
	seconds, nanoseconds                int64
	names, least, most                  string // the account's limits
	flags                               uint16
	ahead                               int32 // seconds that the API server's clock is
}

// Whatever is declared and whatever is asked for: what is granted is never more
// than the declaration and the account permit, it is what would be minted were it
// declared so, and no refusal repeats a name.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []order{
		{declared: "tommy", ttl: "1h", flags: isFound | isIncoming},
		{declared: "tommy", ttl: "1h", flags: isFound | isIncoming | isOnDemand, seconds: 5},
		{ttl: "1h", pattern: "support_[a-z]+", name: "support_anna", flags: isFound | isIncoming | isOnDemand},
		{ttl: "24h", pattern: "anna)|(?:bert", name: "bert", flags: isFound | isOutgoing},
		{ttl: "24h", pattern: `\Qanna`, name: "anna", flags: isFound | isOutgoing | isLent, names: "$(namespace)_.*", seconds: 86400},
		{ttl: "1h", renewBefore: "50m", pattern: "a|ab|()", name: "ab", flags: isFound | isOutgoing | isAccess, seconds: 60},
		{declared: "support_tommy", ttl: "1h", pattern: ".*", name: "support_anna", flags: isFound | isIncoming | isLent, names: "$(namespace)_.*", least: "10m", most: "1h", seconds: 600},
		{ttl: "1h", flags: isFound | isStreaming, pattern: ".*", name: "anna"},
		{declared: "tommy", ttl: "1h", flags: isFound | isIncoming, seconds: 60, ahead: 60},
	} {
		f.Add(seed.declared, seed.pattern, seed.ttl, seed.renewBefore, seed.name, seed.seconds, seed.nanoseconds, seed.names, seed.least, seed.most, seed.flags, seed.ahead)
	}
	f.Fuzz(func(t *testing.T, declared, pattern, ttl, renewBefore, name string, seconds, nanoseconds int64, names, least, most string, flags uint16, ahead int32) {
		if len(pattern) <= 256 && len(names) <= 256 { // admission lets no longer one through
			checkAnswer(t, order{declared, pattern, ttl, renewBefore, name, seconds, nanoseconds, names, least, most, flags, ahead})
		}
	})
}

// isLent is a flag that a decision has no use for: the account is a ClusterAccount.
const isLent = isImmutable

// The same, with what is more often granted.
func TestWhatIsGrantedIsNeverMoreThanIsDeclared(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 14))
	came := map[string]int{}
	for range 20000 {
		came[checkAnswer(t, order{
			declared:    someOf(random, "", "support_tommy", "support_tommy", "tommy"),
			pattern:     someOf(random, "", "support_[a-z]+", "support_[a-z]*|anna", ".*", "anna", "(anna)?", `\Qanna`, "anna)|(?:bert", "an*?"),
			ttl:         someOf(random, "5s", "10m", "1h", "24h", "1h", "1d"),
			renewBefore: someOf(random, "", "", "5m"),
			name:        someOf(random, "", "", "support_tommy", "support_anna", "anna", "bert", "a b", "support_"),
			seconds:     someOf[int64](random, 0, 0, 5, 600, 3600, 86400, 4, -1),
			nanoseconds: someOf[int64](random, 0, 0, 0, 1),
			names:       someOf(random, "", "", "$(namespace)_[a-z]+", "anna"),
			least:       someOf(random, "", "", "10m"),
			most:        someOf(random, "", "", "1h"),
			flags:       uint16(random.IntN(1<<15)) | isFound | isServerAhead&uint16(-random.IntN(2)),
			ahead:       someOf[int32](random, 0, 0, 0, 5, 3600),
		})]++
	}
	for _, what := range []string{"granted", "spec.ttl", "spec.clientName", v1alpha1.ReasonSuspended, v1alpha1.ReasonOutsideLimits, v1alpha1.ReasonClockSkewed} {
		if came[what] < 50 {
			t.Errorf("only %d of 20000 came to %s: %v", came[what], what, came)
		}
	}
}

func (o order) facts() issuance.Facts {
	f := arbitrary{
		ttl: o.ttl, renewBefore: o.renewBefore, client: o.declared, application: applicationSID, sid: accountSID, authToken: authToken,
		flags: o.flags &^ (isThere | isServerAhead | isLent),
	}.facts()
	if o.pattern != "" {
		f.Capability.Spec.OnDemand = &v1alpha1.OnDemand{ClientNamePattern: o.pattern}
	}
	if o.flags&isLent != 0 {
		f.Capability.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"}
		f.Account.Terms = &issuance.Terms{
			Allowed: &v1alpha1.AllowedNamespaces{All: new(true)},
			Limits: &v1alpha1.Limits{
				ClientNamePattern: o.names, MinTTL: v1alpha1.Duration(o.least), MaxTTL: v1alpha1.Duration(o.most),
				Capabilities: []v1alpha1.CapabilityName{"Incoming", "Outgoing", "EventStream"},
			},
		}
	}
	f.ServerTime = f.Now.Add(time.Duration(o.ahead) * time.Second)
	return f
}

func (o order) request() issuance.Request {
	return issuance.Request{TTL: time.Duration(o.seconds)*time.Second + time.Duration(o.nanoseconds), ClientName: o.name}
}

// checkAnswer returns what it came to.
func checkAnswer(t *testing.T, o order) string {
	t.Helper()
	f, r := o.facts(), o.request()
	before := f.Capability.DeepCopy()
	token, refusal := issuance.Answer(f, r)
	if !reflect.DeepEqual(before, f.Capability) {
		t.Fatalf("%+v: the declaration has changed", o)
	}
	switch {
	case refusal == nil:
		checkWithin(t, o, f, token)
		return "granted"
	case (refusal.Fault == nil) == (refusal.Field == "") || (refusal.Field == "") != (refusal.Why == ""):
		t.Fatalf("%+v: not one of two parts: %+v", o, refusal)
	case (refusal.Fault != nil) && refusal.Fault.Reason != v1alpha1.ReasonClockSkewed && issuance.OnDemandFault(f) == nil:
		t.Errorf("%+v: refused for all, and not by the conditions: %+v", o, refusal.Fault)
	}
	if refusal.Field == "spec.clientName" && !saidOfNames[refusal.Why] && !strings.HasPrefix(refusal.Why, saidOfLimits) {
		t.Errorf("%+v: the refusal may depend on the name: %q", o, refusal.Why)
	}
	if refusal.Fault != nil {
		return refusal.Fault.Reason
	}
	return refusal.Field
}

// saidOfNames are all refusals of a name, but for those by an account's limits.
var saidOfNames = map[string]bool{required: true, noOther: true, noPlace: true, unmatched: true, noName: true}

// checkWithin looks at what was granted with other eyes than those that granted it.
func checkWithin(t *testing.T, o order, f issuance.Facts, token capability.Token) {
	t.Helper()
	if _, err := capability.Mint(token, issuance.SigningKey(f.Capability, f.Account)); err != nil {
		t.Fatalf("%+v: granted what can't be minted: %v", o, err)
	}
	declared := issuance.Wanted(f.Capability, f.Account, f.Now)
	asked := o.request()
	if name := token.Grant.ClientName; name != o.declared && (name != o.name || !inFull(t, o.pattern, name)) {
		t.Errorf("%+v: granted the name %q", o, name)
	}
	if asked.ClientName != "" && token.Grant.ClientName != asked.ClientName {
		t.Errorf("%+v: granted the name %q for %q", o, token.Grant.ClientName, asked.ClientName)
	}
	lives, most := token.ExpiresAt.Sub(token.IssuedAt), declared.ExpiresAt.Sub(declared.IssuedAt)
	if lives > most || asked.TTL != 0 && lives != capability.Lifetime(asked.TTL) || asked.TTL == 0 && lives != most {
		t.Errorf("%+v: it lives for %s", o, lives)
	}
	same := token
	same.Grant.ClientName, same.ExpiresAt = declared.Grant.ClientName, declared.ExpiresAt
	if !reflect.DeepEqual(same, declared) {
		t.Errorf("%+v: granted %+v of %+v", o, token, declared)
	}

	// Were it declared so, it would be minted into a Secret.
	f.Capability = f.Capability.DeepCopy()
	f.Capability.Spec.Delivery, f.Capability.Spec.Secret, f.Capability.Spec.RenewBefore = v1alpha1.DeliverySecret, nil, ""
	f.Capability.Spec.ClientName = token.Grant.ClientName
	if asked.TTL != 0 {
		f.Capability.Spec.TTL = v1alpha1.Duration(asked.TTL.String())
	}
	if v := issuance.Decide(f); v.Action != issuance.Mint {
		t.Errorf("%+v: granted what would not be minted: %+v", o, v.Fault)
	}
}

// inFull reports whether a pattern, which is one by itself, matches all of a name.
func inFull(t *testing.T, pattern, name string) bool {
	t.Helper()
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		t.Errorf("%q is no pattern", pattern)
		return false
	}
	return pattern != "" && regexp.MustCompile(`\A(?:`+parsed.String()+`)\z`).MatchString(name)
}
