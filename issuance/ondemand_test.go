package issuance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// onDemand has no Secret written, and every token asked for.
func onDemand(_ *testing.T, f *issuance.Facts) {
	f.Capability.Spec.Delivery = v1alpha1.DeliveryOnDemand
}

// permits has callers choose a name.
func permits(pattern string) change {
	return declares(func(c *v1alpha1.ClientCapability) {
		c.Spec.OnDemand = &v1alpha1.OnDemand{ClientNamePattern: pattern}
	})
}

func nameless(_ *testing.T, f *issuance.Facts) { f.Capability.Spec.ClientName = "" }

func calledAs(name string) change {
	return declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = name })
}

// outgoingAlone has tommy place calls, and receive none.
func outgoingAlone(t *testing.T, f *issuance.Facts) {
	t.Helper()
	f.Capability.Spec.Incoming = false
	calls(t, f)
}

func streamAlone(_ *testing.T, f *issuance.Facts) {
	f.Capability.Spec.Incoming, f.Capability.Spec.ClientName = false, ""
	streams(f.Capability)
}

// answered is a request and what comes of it: a token that lives so long and is
// for that name, the reason of a fault, or the field that asks for too much and
// why, to the letter.
type answered struct {
	lives    time.Duration
	name     string
	reason   string
	field    string
	why      string
	changes  []change
	requests issuance.Request
}

// check answers, for each way in which the capability's own token is delivered.
func (a answered) check(t *testing.T) {
	t.Helper()
	for how, delivery := range map[string]change{"with a Secret besides": func(*testing.T, *issuance.Facts) {}, "on demand alone": onDemand} {
		f := healthy(t, append(a.changes, delivery)...)
		token, refusal := issuance.Answer(f, a.requests)
		if refusal == nil {
			if a.reason != "" || a.field != "" {
				t.Fatalf("%s: granted %+v", how, token)
			}
			checkGranted(t, f, token, a)
			continue
		}
		checkModesty(t, a.requests, refusal)
		if refusal.Fault != nil {
			if refusal.Fault.Reason != a.reason || refusal.Field != "" || refusal.Why != "" {
				t.Errorf("%s: %+v, and not %q", how, refusal.Fault, a.reason)
			}
			onDemand(t, &f) // whose conditions tell the same
			checkDiscretion(t, f, refusal.Fault)
			continue
		}
		if refusal.Field != a.field || refusal.Why != a.why {
			t.Errorf("%s: refused\n%s: %s\nand not\n%s: %s", how, refusal.Field, refusal.Why, a.field, a.why)
		}
	}
}

func checkGranted(t *testing.T, f issuance.Facts, token capability.Token, want answered) {
	t.Helper()
	raw, err := capability.Mint(token, issuance.SigningKey(f.Capability, f.Account))
	if err != nil {
		t.Fatalf("what was granted can't be minted: %v", err)
	}
	if _, err := capability.Verify(raw, issuance.SigningKey(f.Capability, f.Account), f.Now); err != nil {
		t.Errorf("what was minted does not verify: %v", err)
	}
	if got := token.ExpiresAt.Sub(token.IssuedAt); got != want.lives || token.Grant.ClientName != want.name {
		t.Errorf("it lives for %s and is for %q, and not for %s and %q", got, token.Grant.ClientName, want.lives, want.name)
	}
	if !token.IssuedAt.Equal(f.Now.Truncate(time.Second)) {
		t.Errorf("it is issued at %s", token.IssuedAt)
	}
}

// checkModesty checks that who asks for a name does not read it again.
func checkModesty(t *testing.T, r issuance.Request, refusal *issuance.Refusal) {
	t.Helper()
	said := refusal.Field + refusal.Why
	if refusal.Fault != nil {
		said += refusal.Fault.Message
	}
	if r.ClientName != "" && strings.Contains(said, r.ClientName) {
		t.Errorf("%q repeats the name %q", said, r.ClientName)
	}
}

func TestARequestIsGrantedWhere(t *testing.T) {
	name := func(name string) issuance.Request { return issuance.Request{ClientName: name} }
	ttl := func(ttl time.Duration) issuance.Request { return issuance.Request{TTL: ttl} }
	for what, want := range map[string]answered{
		"nothing is asked for":                       {lives: time.Hour, name: "tommy"},
		"it is for a shorter time":                   {requests: ttl(5 * time.Second), lives: 5 * time.Second, name: "tommy"},
		"it is for as long as declared":              {requests: ttl(time.Hour), lives: time.Hour, name: "tommy"},
		"it is for a day":                            {changes: []change{ttlOf("24h")}, requests: ttl(24 * time.Hour), lives: 86399 * time.Second, name: "tommy"},
		"it is shorter than the renewBefore":         {changes: []change{lives("1h", "50m")}, requests: ttl(5 * time.Minute), lives: 5 * time.Minute, name: "tommy"},
		"it is for who is declared":                  {requests: name("tommy"), lives: time.Hour, name: "tommy"},
		"it is for who is declared, not the pattern": {changes: []change{permits("support_[a-z]+")}, requests: name("tommy"), lives: time.Hour, name: "tommy"},
		"the pattern is for others":                  {changes: []change{permits("support_[a-z]+")}, lives: time.Hour, name: "tommy"},
		"the pattern matches":                        {changes: []change{permits("support_[a-z]+")}, requests: name("support_anna"), lives: time.Hour, name: "support_anna"},
		"the pattern matches, and no name is declared": {
			changes: []change{nameless, permits("support_[a-z]+")}, requests: name("support_anna"), lives: time.Hour, name: "support_anna",
		},
		"a later part of the pattern matches in full": {changes: []change{permits("anna|annabert")}, requests: name("annabert"), lives: time.Hour, name: "annabert"},
		"a lazy pattern matches in full":              {changes: []change{permits("an*?")}, requests: name("ann"), lives: time.Hour, name: "ann"},
		"an open quotation matches":                   {changes: []change{permits(`\Qa.b`)}, requests: name("a.b"), lives: time.Hour, name: "a.b"},
		"a pattern with its own ends matches":         {changes: []change{permits("^anna$")}, requests: name("anna"), lives: time.Hour, name: "anna"},
		"the name is long":                            {changes: []change{permits(".*")}, requests: name(strings.Repeat("é", 256)), lives: time.Hour, name: strings.Repeat("é", 256)},
		"no name is needed, and none asked for":       {changes: []change{outgoingAlone, nameless}, lives: time.Hour},
		"a name is possible, and none asked for":      {changes: []change{outgoingAlone, nameless, permits("(anna)?")}, lives: time.Hour},
		"a name is possible, and asked for":           {changes: []change{outgoingAlone, nameless, permits("(anna)?")}, requests: name("anna"), lives: time.Hour, name: "anna"},
		"events alone are, which are nobody's":        {changes: []change{streamAlone}, lives: time.Hour},
		"events are, and names too many":              {changes: []change{streamAlone, permits(".*")}, lives: time.Hour},
		"it is an Access token":                       {changes: []change{access}, lives: time.Hour, name: "tommy"},
		"it is an Access token of any name":           {changes: []change{access, nameless, permits(".*")}, requests: name("anna.1"), lives: time.Hour, name: "anna.1"},
		"the Secret's labels are not allowed":         {changes: []change{labels("argocd.argoproj.io/instance")}, lives: time.Hour, name: "tommy"},
		"the Secret is another's":                     {changes: []change{notOurs}, lives: time.Hour, name: "tommy"},
		"the Secret is immutable":                     {changes: []change{immutable, holds("")}, lives: time.Hour, name: "tommy"},
		"the clock is behind, but not by so much":     {changes: []change{serverAt(noon.Add(time.Minute))}, requests: ttl(2 * time.Minute), lives: 2 * time.Minute, name: "tommy"},
		"the account's limits permit it": {
			changes:  []change{lent, calledAs("support_tommy"), permits(".*"), limited(&v1alpha1.Limits{MinTTL: "5s", ClientNamePattern: "$(namespace)_[a-z]+"})},
			requests: issuance.Request{TTL: 5 * time.Second, ClientName: "support_anna"}, lives: 5 * time.Second, name: "support_anna",
		},
	} {
		t.Run(what, want.check)
	}
}

func ttlOf(ttl v1alpha1.Duration) change { return lives(ttl, "") }

// What is said of a request that asks for too much.
const (
	wellFormed   = "must be in whole seconds, and at least 5s"
	atMost       = "must be at most 1h, the ttl of the ClientCapability"
	required     = "is required: the ClientCapability leaves the name to who asks (spec.onDemand.clientNamePattern)"
	noOther      = "must be left out, or be that of the ClientCapability, which permits no others (it has no spec.onDemand.clientNamePattern)"
	noPlace      = "must be left out: it has no place in a token that grants an event stream alone"
	unmatched    = "must match the spec.onDemand.clientNamePattern of the ClientCapability, in full"
	noName       = `must be 1 to 256 characters, without spaces, control characters and any of <>#%"{}|\^[] and the backtick (Twilio's rule for client identifiers)`
	saidOfLimits = `is none that ClusterAccount "production" permits in this namespace (limits.clientNamePattern); `
)

func TestARequestIsRefusedForWhatItAsks(t *testing.T) {
	ttl := func(asked time.Duration, why string, changes ...change) answered {
		return answered{requests: issuance.Request{TTL: asked}, field: "spec.ttl", why: why, changes: changes}
	}
	name := func(asked, why string, changes ...change) answered {
		return answered{requests: issuance.Request{ClientName: asked}, field: "spec.clientName", why: why, changes: changes}
	}
	limits := limited(&v1alpha1.Limits{MinTTL: "10m", ClientNamePattern: "$(namespace)_[a-z]+"})
	for what, want := range map[string]answered{
		"a lifetime of four seconds":                 ttl(4*time.Second, wellFormed),
		"a lifetime of less than none":               ttl(-time.Hour, wellFormed),
		"a fraction of a second":                     ttl(5500*time.Millisecond, wellFormed),
		"a second more than is declared":             ttl(time.Hour+time.Second, atMost),
		"a lifetime without an end":                  ttl(1<<63-1, wellFormed),
		"no name, where calls come in for it":        name("", required, nameless, permits(".*")),
		"no name, where it is an identity":           name("", required, access, outgoingAlone, nameless, permits(".*")),
		"no name, where the pattern matches that":    name("", required, nameless, permits("(anna)?")),
		"another name than the only one":             name("anna", noOther),
		"a name where there is none":                 name("anna", noOther, outgoingAlone, nameless),
		"a name for events alone":                    name("anna", noPlace, streamAlone),
		"a name for events alone, which all match":   name("anna", noPlace, streamAlone, permits(".*")),
		"a name that begins as the pattern has it":   name("support_anna1", unmatched, permits("support_[a-z]+")),
		"a name that ends as the pattern has it":     name("1support_anna", unmatched, permits("support_[a-z]+")),
		"a name that has less than the pattern":      name("support_", unmatched, permits("support_[a-z]+")),
		"a name in other letters":                    name("SUPPORT_ANNA", unmatched, permits("support_[a-z]+")),
		"two names of the pattern in one":            name("annabert", unmatched, permits("anna|bert")),
		"a name where the pattern matches nothing":   name("anna", unmatched, permits("()")),
		"a name with a space":                        name("anna b", noName, permits(".*")),
		"a name with a line break at its end":        name("anna\n", noName, permits("(?s)anna.*")),
		"a name of 257 characters":                   name(strings.Repeat("a", 257), noName, permits(".*")),
		"a name that is no text":                     name("anna\xff", noName, permits(".*")),
		"a name for an Access token, with a bracket": name("anna{", noName, access, permits(".*")),
		"a shorter life than the account permits": ttl(5*time.Minute, `must be at least 10m: ClusterAccount "production" permits no less (limits.minTTL)`,
			lent, calledAs("support_tommy"), limits),
		"a name that the account does not permit": name("anna", saidOfLimits+`names here begin with "support_"`,
			lent, calledAs("support_tommy"), permits(".*"), limits),
		"a name of another namespace, where none is declared": name("sales_anna", saidOfLimits+`names here begin with "support_"`,
			lent, nameless, permits(".*"), limits),
	} {
		t.Run(what, want.check)
	}
}

func TestARequestIsRefusedForWhatKeepsAllFromBeingGranted(t *testing.T) {
	within := func(limits v1alpha1.Limits) []change { return []change{lent, calls, limited(&limits)} }
	for what, want := range map[string]answered{
		"it is suspended":                        {reason: v1alpha1.ReasonSuspended, changes: []change{suspended}},
		"it is suspended, whatever else":         {reason: v1alpha1.ReasonSuspended, changes: []change{suspended, noAccount, ttlOf("1d")}},
		"the ttl can't be read":                  {reason: v1alpha1.ReasonDeclarationInvalid, changes: []change{ttlOf("1d")}},
		"the declared name is none":              {reason: v1alpha1.ReasonDeclarationInvalid, changes: []change{calledAs("a b")}},
		"calls are for nobody":                   {reason: v1alpha1.ReasonDeclarationInvalid, changes: []change{nameless}},
		"the pattern is none":                    {reason: v1alpha1.ReasonDeclarationInvalid, changes: []change{permits("anna)|(?:bert")}},
		"the account is missing":                 {reason: v1alpha1.ReasonAccountNotFound, changes: []change{noAccount}},
		"the account has no AuthToken":           {reason: v1alpha1.ReasonAccountKeyMissing, changes: []change{hasAuthToken("")}},
		"the account's SID is none":              {reason: v1alpha1.ReasonAccountMalformed, changes: []change{hasSID("AC12")}},
		"the account is of another region":       {reason: v1alpha1.ReasonRegionNotSupported, changes: []change{isOf("ie1")}},
		"ClusterAccounts are not served":         {reason: v1alpha1.ReasonClusterAccountsOff, changes: []change{lent, off}},
		"the ClusterAccount is missing":          {reason: v1alpha1.ReasonAccountNotFound, changes: []change{lent, noClusterAccount}},
		"the ClusterAccount's Secret is missing": {reason: v1alpha1.ReasonAccountNotReady, changes: []change{lent, noAccount}},
		"the namespace is not allowed":           {reason: v1alpha1.ReasonNamespaceNotAllowed, changes: []change{lent, allows(nil, nil)}},
		"the declared ttl is over a limit":       {reason: v1alpha1.ReasonOutsideLimits, changes: within(v1alpha1.Limits{MaxTTL: "10m"}), requests: issuance.Request{TTL: 5 * time.Minute}},
		"the declared name is outside a limit":   {reason: v1alpha1.ReasonOutsideLimits, changes: within(v1alpha1.Limits{ClientNamePattern: "$(namespace)_[a-z]+"})},
		"calls are not permitted":                {reason: v1alpha1.ReasonOutsideLimits, changes: within(v1alpha1.Limits{Capabilities: []v1alpha1.CapabilityName{"Incoming"}})},
		"the application is not":                 {reason: v1alpha1.ReasonOutsideLimits, changes: within(v1alpha1.Limits{ApplicationSIDs: []v1alpha1.ApplicationSID{theirApplicationSID}})},
		"the type is not":                        {reason: v1alpha1.ReasonOutsideLimits, changes: within(v1alpha1.Limits{TokenTypes: []v1alpha1.LimitedTokenType{"Access"}})},
		"events are not listed":                  {reason: v1alpha1.ReasonOutsideLimits, changes: []change{lent, declares(streams)}},
		"the limits can't be read":               {reason: v1alpha1.ReasonAccountNotReady, changes: within(v1alpha1.Limits{ClientNamePattern: "("})},
		"the clock is behind":                    {reason: v1alpha1.ReasonClockSkewed, changes: []change{serverAt(noon.Add(time.Hour))}},
		"the clock is behind by what is asked for": {
			reason: v1alpha1.ReasonClockSkewed, changes: []change{serverAt(noon.Add(time.Minute))}, requests: issuance.Request{TTL: time.Minute},
		},
	} {
		t.Run(what, want.check)
	}
}
