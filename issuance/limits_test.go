package issuance_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// Two applications of one account, without ten digits in a row, which could be a time.
const (
	ourApplicationSID   = "AP0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	theirApplicationSID = "APf9e8d7c6b5a493827160f5e4d3c2b1a0"
)

// outside is the ruling on a declaration that a limit forbids.
func outside(message string) ruling {
	return ruling{reason: v1alpha1.ReasonOutsideLimits, message: message, withheld: true}
}

// calls has tommy place calls through an application.
func calls(_ *testing.T, f *issuance.Facts) {
	f.Capability.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: ourApplicationSID}
}

func streams(c *v1alpha1.ClientCapability) { c.Spec.EventStream = &v1alpha1.EventStream{} }

func TestADeclarationIsWithinTheLimitsOrBreaksOne(t *testing.T) {
	type limits = v1alpha1.Limits
	const account = `ClusterAccount "production"`
	ttlOf := func(ttl v1alpha1.Duration) change { return lives(ttl, "") }
	for name, test := range map[string]struct {
		limits  *limits
		changes []change
		want    ruling
	}{
		"with no limits":               {nil, []change{calls}, ruling{}},
		"with limits that say nothing": {&limits{}, []change{calls}, ruling{}},
		"with all limits kept to": {&limits{
			MinTTL: "5m", MaxTTL: "1h", ApplicationSIDs: []v1alpha1.ApplicationSID{ourApplicationSID}, ClientNamePattern: "tom.*",
			Capabilities: []v1alpha1.CapabilityName{"Incoming", "Outgoing"}, TokenTypes: []v1alpha1.LimitedTokenType{"Capability"},
		}, []change{calls}, ruling{}},
		"as short as permitted":                 {&limits{MinTTL: "1h"}, nil, ruling{}},
		"as long as permitted":                  {&limits{MaxTTL: "60m"}, nil, ruling{}},
		"as long as can be":                     {&limits{MaxTTL: "24h"}, []change{ttlOf("24h")}, ruling{}},
		"a second too long":                     {&limits{MaxTTL: "1h"}, []change{ttlOf("3601s")}, outside(`spec.ttl is 3601s, and ` + account + ` permits at most 1h (limits.maxTTL).`)},
		"a second too short":                    {&limits{MinTTL: "10m"}, []change{ttlOf("9m59s")}, outside(`spec.ttl is 9m59s, and ` + account + ` permits no less than 10m (limits.minTTL).`)},
		"too long where nothing would do":       {&limits{MinTTL: "2h", MaxTTL: "30m"}, nil, outside(`spec.ttl is 1h, and ` + account + ` permits at most 30m (limits.maxTTL).`)},
		"through a permitted application":       {&limits{ApplicationSIDs: []v1alpha1.ApplicationSID{theirApplicationSID, ourApplicationSID}}, []change{calls}, ruling{}},
		"through another's application":         {&limits{ApplicationSIDs: []v1alpha1.ApplicationSID{theirApplicationSID}}, []change{calls}, outside(`spec.outgoing.applicationSID is ` + ourApplicationSID + `, which ` + account + ` does not permit (limits.applicationSIDs); ask the platform team which application is for this namespace.`)},
		"through any, where none is permitted":  {&limits{ApplicationSIDs: []v1alpha1.ApplicationSID{}}, []change{calls}, outside(`spec.outgoing.applicationSID is ` + ourApplicationSID + `, which ` + account + ` does not permit (limits.applicationSIDs); ask the platform team which application is for this namespace.`)},
		"through none, where none is permitted": {&limits{ApplicationSIDs: []v1alpha1.ApplicationSID{}}, nil, ruling{}},
		"incoming, where only outgoing is":      {&limits{Capabilities: []v1alpha1.CapabilityName{"Outgoing"}}, nil, outside(`spec.incoming asks for Incoming, and ` + account + ` permits Outgoing only (limits.capabilities).`)},
		"outgoing, where only incoming is":      {&limits{Capabilities: []v1alpha1.CapabilityName{"Incoming"}}, []change{calls}, outside(`spec.outgoing asks for Outgoing, and ` + account + ` permits Incoming only (limits.capabilities).`)},
		"incoming, where nothing is":            {&limits{Capabilities: []v1alpha1.CapabilityName{}}, nil, outside(`spec.incoming asks for Incoming, and ` + account + ` permits none (limits.capabilities).`)},
		"both, where both are":                  {&limits{Capabilities: []v1alpha1.CapabilityName{"Outgoing", "Incoming"}}, []change{calls}, ruling{}},
		"an event stream with no limits":        {nil, []change{declares(streams)}, outside(`spec.eventStream asks for EventStream, and ` + account + ` permits Incoming and Outgoing only (limits.capabilities).`)},
		"an event stream that is not listed":    {&limits{Capabilities: []v1alpha1.CapabilityName{"Incoming"}}, []change{declares(streams)}, outside(`spec.eventStream asks for EventStream, and ` + account + ` permits Incoming only (limits.capabilities).`)},
		"an event stream that is listed":        {&limits{Capabilities: []v1alpha1.CapabilityName{"EventStream", "Incoming"}}, []change{declares(streams)}, ruling{}},
		"a permitted type":                      {&limits{TokenTypes: []v1alpha1.LimitedTokenType{"Access"}}, []change{access}, ruling{}},
		"a type that is not permitted":          {&limits{TokenTypes: []v1alpha1.LimitedTokenType{"Access"}}, nil, outside(`spec.tokenType is Capability, and ` + account + ` permits Access only (limits.tokenTypes).`)},
		"the other one that is not permitted":   {&limits{TokenTypes: []v1alpha1.LimitedTokenType{"Capability"}}, []change{access}, outside(`spec.tokenType is Access, and ` + account + ` permits Capability only (limits.tokenTypes).`)},
		"either type, where neither is":         {&limits{TokenTypes: []v1alpha1.LimitedTokenType{}}, nil, outside(`spec.tokenType is Capability, and ` + account + ` permits none (limits.tokenTypes).`)},
		"a name of another pattern":             {&limits{ClientNamePattern: "anna|bert"}, nil, outside(`spec.clientName is none that ` + account + ` permits in this namespace (limits.clientNamePattern); ask the platform team which names are for this namespace.`)},
		"a name of another namespace":           {&limits{ClientNamePattern: "$(namespace)_[a-z]+"}, []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "sales_tommy" })}, outside(`spec.clientName is none that ` + account + ` permits in this namespace (limits.clientNamePattern); names here begin with "support_".`)},
		"a name of its own namespace":           {&limits{ClientNamePattern: "$(namespace)_[a-z]+"}, []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "support_tommy" })}, ruling{}},
	} {
		t.Run(name, func(t *testing.T) {
			checkRuling(t, test.want, append(append([]change{lent}, test.changes...), limited(test.limits), resigned)...)
		})
	}
}

// resigned puts a token of the present facts into the Secret: a limit must not be
// taken for a changed declaration.
func resigned(t *testing.T, f *issuance.Facts) { t.Helper(); reissued(issued)(t, f) }

// One limit is named at a time, always the same.
func TestOfTwoLimitsTheFirstIsNamed(t *testing.T) {
	inOrder := []struct {
		tighten func(*v1alpha1.Limits)
		names   string
	}{
		{func(l *v1alpha1.Limits) { l.TokenTypes = []v1alpha1.LimitedTokenType{} }, "limits.tokenTypes"},
		{func(l *v1alpha1.Limits) { l.Capabilities = []v1alpha1.CapabilityName{} }, "limits.capabilities"},
		{func(l *v1alpha1.Limits) { l.ApplicationSIDs = []v1alpha1.ApplicationSID{} }, "limits.applicationSIDs"},
		{func(l *v1alpha1.Limits) { l.ClientNamePattern = "anna" }, "limits.clientNamePattern"},
		{func(l *v1alpha1.Limits) { l.MaxTTL = "5s" }, "limits.maxTTL"},
		{func(l *v1alpha1.Limits) { l.MinTTL = "24h" }, "limits.minTTL"},
	}
	for i, earlier := range inOrder {
		for _, later := range inOrder[i+1:] {
			limits := &v1alpha1.Limits{}
			earlier.tighten(limits)
			later.tighten(limits)
			v := issuance.Decide(healthy(t, lent, calls, limited(limits)))
			if v.Fault == nil || namedIn(v.Fault.Message) != earlier.names {
				t.Errorf("of %s and %s it is %+v", earlier.names, later.names, v.Fault)
			}
		}
	}
}

// namedIn are the limits that a message names.
func namedIn(message string) string {
	return strings.Join(regexp.MustCompile(`limits\.\w+`).FindAllString(message, -1), ", ")
}

// Whatever is declared and whatever the limits: it is minted if, and only if, each
// limit by itself permits it.
func TestATokenIsMintedExactlyWithinTheLimits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	minted, refused := 0, 0
	for range 5000 {
		limits := someLimits(random)
		f := healthy(t, lent, wantsAccess, hasAuthToken(authToken), neverIssued, limited(limits), declares(func(c *v1alpha1.ClientCapability) {
			c.Spec.TokenType = someOf(random, v1alpha1.TokenTypeAccess, v1alpha1.TokenTypeCapability)
			c.Spec.Incoming = random.IntN(2) == 0
			c.Spec.TTL = someOf[v1alpha1.Duration](random, "5s", "10m", "1h", "24h")
			if c.Spec.Outgoing = nil; !c.Spec.Incoming || random.IntN(2) == 0 {
				c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: someOf(random, ourApplicationSID, theirApplicationSID)}
			}
			if c.TokenType() == v1alpha1.TokenTypeCapability && random.IntN(4) == 0 {
				streams(c)
			}
			c.Spec.ClientName = someOf(random, "support_tommy", "sales_tommy")
		}))
		within := keepsTo(f.Capability, *limits)
		switch v := issuance.Decide(f); {
		case v.Action == issuance.Mint && within:
			minted++
		case v.Action == issuance.Refuse && v.Fault.Reason == v1alpha1.ReasonOutsideLimits && !within:
			refused++
		default:
			t.Fatalf("%+v of %+v came to %s", limits, f.Capability.Spec, outcomeOf(v))
		}
	}
	if minted < 300 || refused < 300 {
		t.Errorf("only %d were minted and %d refused", minted, refused)
	}
}

func someOf[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func someLimits(random *rand.Rand) *v1alpha1.Limits {
	return &v1alpha1.Limits{
		MinTTL:            someOf[v1alpha1.Duration](random, "", "", "10m"),
		MaxTTL:            someOf[v1alpha1.Duration](random, "", "", "1h"),
		ApplicationSIDs:   someOf(random, nil, nil, []v1alpha1.ApplicationSID{}, []v1alpha1.ApplicationSID{ourApplicationSID}),
		Capabilities:      someOf(random, nil, nil, []v1alpha1.CapabilityName{}, []v1alpha1.CapabilityName{"Incoming"}, []v1alpha1.CapabilityName{"Incoming", "Outgoing", "EventStream"}),
		ClientNamePattern: someOf(random, "", "", "$(namespace)_[a-z]+"),
		TokenTypes:        someOf(random, nil, nil, []v1alpha1.LimitedTokenType{}, []v1alpha1.LimitedTokenType{"Access"}),
	}
}

// keepsTo says it once more, in the words of the documentation.
func keepsTo(c *v1alpha1.ClientCapability, limits v1alpha1.Limits) bool {
	may := func(name v1alpha1.CapabilityName) bool {
		if limits.Capabilities == nil {
			return name != v1alpha1.CapabilityEventStream
		}
		return slices.Contains(limits.Capabilities, name)
	}
	switch {
	case limits.TokenTypes != nil && !slices.Contains(limits.TokenTypes, v1alpha1.LimitedTokenType(c.Spec.TokenType)):
		return false
	case c.Spec.Incoming && !may("Incoming"), c.Spec.Outgoing != nil && !may("Outgoing"), c.Spec.EventStream != nil && !may("EventStream"):
		return false
	case c.Spec.Outgoing != nil && limits.ApplicationSIDs != nil && !slices.Contains(limits.ApplicationSIDs, v1alpha1.ApplicationSID(c.Spec.Outgoing.ApplicationSID)):
		return false
	case limits.ClientNamePattern != "" && c.Spec.ClientName != "support_tommy":
		return false
	case limits.MaxTTL != "" && c.Spec.TTL == "24h", limits.MinTTL != "" && c.Spec.TTL == "5s":
		return false
	}
	return true
}
