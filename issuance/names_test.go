package issuance_test

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// tooLarge are patterns that would take milliseconds to seconds to read, or to match
// with one name. Admission lets them through: none is longer than 256 characters.
var tooLarge = map[string]string{
	"a name of a thousand characters":   ".{1,1000}",
	"numbers beside each other":         "[a-z]{1,256}[a-z]{1,256}[a-z]{1,256}",
	"numbers within each other":         "((ab){31}){32}",
	"a long thing that is repeated":     "(" + strings.Repeat("a?", 120) + ")" + "{1000}",
	"as many as fit":                    strings.Repeat("a{0,1000}", 28),
	"a long thing and no upper bound":   "(" + strings.Repeat("a", 50) + "){21,}",
	"one that is not asked for by name": "tommy|(?:" + strings.Repeat("a?", 100) + "){11}",
}

func TestAPatternThatIsTooLargeGrantsNothingAndSaysWhy(t *testing.T) {
	for why, pattern := range tooLarge {
		t.Run(why, func(t *testing.T) {
			f := healthy(t, onDemand, permits(pattern))
			_, refusal := issuance.Answer(f, issuance.Request{})
			if refusal == nil || refusal.Fault == nil || refusal.Fault.Reason != v1alpha1.ReasonDeclarationInvalid ||
				!strings.Contains(refusal.Fault.Message, "spec.onDemand.clientNamePattern is too large: ") {
				t.Errorf("it is answered with %+v", refusal)
			}
			if v := issuance.Decide(f); !reflect.DeepEqual(v.Fault, refusal.Fault) {
				t.Errorf("its condition tells %+v", v.Fault)
			}
		})
	}
}

func TestALimitThatIsTooLargePermitsNothingAndItsOwnerReadsWhy(t *testing.T) {
	for why, pattern := range tooLarge {
		limits := limiting(v1alpha1.Limits{ClientNamePattern: pattern})
		fault := issuance.ClusterAccountFault(production(limits), holding(accountSID, authToken, "", "", ""))
		if fault == nil || fault.Reason != v1alpha1.ReasonLimitsInvalid || !strings.Contains(fault.Message, "clientNamePattern is too large: ") {
			t.Errorf("%s: its owner reads %+v", why, fault)
		}
		f := healthy(t, lent, neverIssued, limited(&v1alpha1.Limits{ClientNamePattern: pattern}))
		if v := issuance.Decide(f); v.Fault == nil || v.Fault.Reason != v1alpha1.ReasonAccountNotReady {
			t.Errorf("%s: a tenant reads %+v", why, v.Fault)
		}
	}
}

func TestAPatternThatIsTooLargeCostsNothing(t *testing.T) {
	for why, pattern := range tooLarge {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		issuance.NamePatterns{Chosen: pattern, Limit: pattern}.Read()
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 512<<10 { // written out they take megabytes
			t.Errorf("%s: to refuse it takes %d KiB", why, took>>10)
		}
	}
}

func TestPatternsThatSomebodyWouldWriteAreTaken(t *testing.T) {
	for pattern, name := range map[string]string{
		"agent-[0-9]+":                      "agent-7",
		"[a-zA-Z0-9_]{1,121}":               strings.Repeat("a", 121), // what Twilio's SDKs can call
		".{1,256}":                          strings.Repeat("a", 256),
		`[\p{L}\p{N}_.-]{1,256}`:            "jörg",
		"[a-z]{1,121}@[a-z]{1,121}":         "a@b",
		"(?i)(tommy|sarah)[a-z0-9]{0,99}":   "Tommy7",
		strings.Repeat("tommy|", 42) + "jo": "tommy", // 254 characters
	} {
		f := healthy(t, onDemand, permits(pattern), lent, limited(&v1alpha1.Limits{ClientNamePattern: pattern}), calledAs(name))
		f.Capability.Spec.ClientName = ""
		if _, refusal := issuance.Answer(f, issuance.Request{ClientName: name}); refusal != nil {
			t.Errorf("%s refuses a name that it matches: %+v", pattern, refusal)
		}
	}
}

func TestNamesOfOtherPatternsAreNotUsed(t *testing.T) {
	f := healthy(t, onDemand, permits("agent-[0-9]+"), lent, limited(&v1alpha1.Limits{ClientNamePattern: "$(namespace)_.*|agent-.*_$(namespace)|agent-7"}))
	right := issuance.NamePatternsOf(f.Capability, f.Account)
	for name, names := range map[string]*issuance.Names{
		"none":                 nil,
		"the right ones":       right.Read(),
		"another choice":       issuance.NamePatterns{Chosen: ".*", Limit: right.Limit, Namespace: right.Namespace}.Read(),
		"another limit":        issuance.NamePatterns{Chosen: right.Chosen, Limit: ".*", Namespace: right.Namespace}.Read(),
		"another namespace's":  issuance.NamePatterns{Chosen: right.Chosen, Limit: right.Limit, Namespace: "sales"}.Read(),
		"those of no patterns": issuance.NamePatterns{}.Read(),
	} {
		for _, asked := range []string{"", "agent-7", "sarah"} {
			r := issuance.Request{ClientName: asked}
			want, wantRefusal := issuance.Answer(f, r)
			given := f
			given.Names = names
			if got, refusal := issuance.Answer(given, r); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(refusal, wantRefusal) {
				t.Errorf("with %s, %q is answered otherwise: %+v, %+v", name, asked, got, refusal)
			}
		}
	}
}

func TestOneReadingServesAllNamespacesWhereTheLimitIsTheSame(t *testing.T) {
	f := healthy(t, onDemand, lent, limited(&v1alpha1.Limits{ClientNamePattern: "[a-z]+"}))
	if p := issuance.NamePatternsOf(f.Capability, f.Account); p.Namespace != "" {
		t.Errorf("it is read for %s alone", p.Namespace)
	}
	f = healthy(t, onDemand, lent, limited(&v1alpha1.Limits{ClientNamePattern: "$(namespace)_[a-z]+"}))
	if p := issuance.NamePatternsOf(f.Capability, f.Account); p.Namespace != f.Capability.Namespace {
		t.Errorf("it is read for all, with %q", p.Namespace)
	}
}

func TestTheSizeOfNamesGrowsWithThePatterns(t *testing.T) {
	none, small := issuance.NamePatterns{}.Read().Size(), issuance.NamePatterns{Chosen: "[a-z]"}.Read().Size()
	large := issuance.NamePatterns{Chosen: "[a-z]{1,256}"}.Read().Size()
	wide := issuance.NamePatterns{Chosen: `\pL{1,256}`}.Read().Size() // of which each character is one of thousands
	if none == 0 || small <= none || large < 10*small || wide <= large {
		t.Errorf("none %d, small %d, large %d, wide %d", none, small, large, wide)
	}
}
