package issuance_test

import (
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// taken reports whether the owner of an account may set the pattern.
func taken(pattern string) bool {
	limits := limiting(v1alpha1.Limits{ClientNamePattern: pattern})
	return issuance.ClusterAccountFault(production(limits), holding(accountSID, authToken, "", "", "")) == nil
}

// permitted reports whether a ClientCapability of the namespace may have the name.
func permitted(t *testing.T, pattern, namespace, name string) bool {
	t.Helper()
	f := healthy(t, lent, neverIssued, limited(&v1alpha1.Limits{ClientNamePattern: pattern}),
		declares(func(c *v1alpha1.ClientCapability) { c.Namespace, c.Spec.ClientName = namespace, name }))
	switch v := issuance.Decide(f); {
	case v.Action == issuance.Mint:
		return true
	case v.Fault.Reason == v1alpha1.ReasonOutsideLimits, v.Fault.Reason == v1alpha1.ReasonAccountNotReady:
		return false
	default:
		t.Fatalf("%q is judged by something else: %s", name, v.Fault.Message)
		return false
	}
}

func TestANamePatternIsMatchedInFull(t *testing.T) {
	for _, test := range []struct {
		pattern, namespace, name string
		want                     bool
	}{
		{"", "support", "tommy", true},
		{"tommy", "support", "tommy", true},
		{"tommy", "support", "tommy2", false},
		{"tommy", "support", "old-tommy", false},
		{"tommy", "support", "Tommy", false},
		{"(?i)tommy", "support", "Tommy", true},
		{"tom|anna", "support", "tom", true},
		{"tom|anna", "support", "tommy", false},
		{"tom|anna", "support", "joanna", false},
		{"^tommy$", "support", "tommy", true},
		{"(?m)^tommy$", "support", "tommy", true},
		{"[a-z]{1,5}", "support", "tommy", true},
		{"[a-z]{1,4}", "support", "tommy", false},
		{"$(namespace)_[a-z0-9]+", "support", "support_tommy", true},
		{"$(namespace)_[a-z0-9]+", "support", "sales_tommy", false},
		{"$(namespace)_[a-z0-9]+", "support", "support_", false},
		{"$(namespace)_[a-z0-9]+", "support", "xsupport_tommy", false},
		{"$(namespace)_[a-z0-9]+", "support", "support_tommy_", false},
		{"$(namespace)_[a-z0-9]+", "support-eu", "support-eu_tommy", true},
		{"$(namespace)_[a-z0-9]+", "support-eu", "support_tommy", false},
		{"[a-z0-9]+_$(namespace)", "support", "tommy_support", true},
		{"[a-z0-9]+_$(namespace)", "eu-support", "tommy_support", false},
		{`$(namespace)\.[a-z]+`, "support", "support.tommy", true},
		{`$(namespace)\.[a-z]+`, "support", "supportxtommy", false},
		{"$(namespace)_(a|b)", "support", "support_b", true},
		{"$(namespace)_a|$(namespace)_b", "support", "support_b", true},
		{"$(namespace)_of_$(namespace)", "support", "support_of_support", true},
		{"$(namespace)_of_$(namespace)", "support", "support_of_sales", false},
	} {
		if got := permitted(t, test.pattern, test.namespace, test.name); got != test.want {
			t.Errorf("%s permits %s in %s: %t", test.pattern, test.name, test.namespace, got)
		}
		if !taken(test.pattern) {
			t.Errorf("%s is refused", test.pattern)
		}
	}
}

// Each of these would let a name match in two namespaces, or is no pattern.
func TestAPatternThatTwoNamespacesCouldShareIsRefused(t *testing.T) {
	for why, pattern := range map[string]string{
		"a namespace can end where another goes on":            "$(namespace)-[a-z]+",
		"nothing separates the namespace from the rest":        "$(namespace)[a-z]+",
		"the separator may be missing":                         "$(namespace)_?[a-z-]+",
		"the separator may be there no times":                  "$(namespace)_*[a-z-]+",
		"the separator is counted":                             "$(namespace)_{0,1}[a-z-]+",
		"the separator is one of several":                      "$(namespace)[_-][a-z-]+",
		"the separator is any character":                       "$(namespace).[a-z-]+",
		"the namespace may be missing":                         "($(namespace))?_[a-z]+",
		"the namespace may be repeated":                        "($(namespace)_)*[a-z]+",
		"the namespace is amid the name":                       "[a-z]+_$(namespace)_[a-z]+",
		"the namespace is amid the name, in front of all else": ".*$(namespace)_[a-z]+",
		"the namespace is at the end without a separator":      "[a-z]+$(namespace)",
		"something else may follow the namespace":              "[a-z]+_$(namespace)[a-z]*",
		"an alternative has no namespace":                      "$(namespace)_[a-z]+|[a-z]+",
		"another alternative has none":                         "[a-z]+|[a-z]+_$(namespace)",
		"an alternative is empty":                              "$(namespace)_[a-z]+|",
		"capitals and small letters are one":                   "(?i)$(namespace)_[a-z]+",
		"one alternative begins with it, the other ends so":    "$(namespace)_[a-z]+|[a-z]+_$(namespace)",
		"its letters are a class":                              "[$(namespace)]_[a-z]+",
		"its first letter is escaped":                          `\$(namespace)_[a-z]+`,
		"its last letter is optional":                          "$(namespace)?_[a-z]+",
		"an alternative names a namespace":                     "$(namespace)_a|support_[a-z]+",
		"an alternative names the namespace that is tried":     "$(namespace)_a|sample-namespace_[a-z]+",
		"it does so without naming it":                         "$(namespace)_a|s[a]mple-namespace_[a-z]+",
		"it does so and ends with another that is tried":       "sample-namespace_.*$(namespace)?.*_other-namespace",
		"a namespace is a number of separators":                "$(namespace)_{$(namespace)}[a-z]*",
		"a namespace is the most of them":                      "$(namespace)_{0,$(namespace)}[a-z0-9_]*",
		"a part of a namespace is a number":                    "$(namespace)_{1$(namespace)}[a-z]*",
	} {
		if taken(pattern) {
			t.Errorf("%s, and yet %s is taken", why, pattern)
		}
	}
	for why, pattern := range map[string]string{
		"a bracket is open":                "support_[a-z",
		"a parenthesis is open":            "support_(a|b",
		"it closes what it has not opened": "tommy)|(?:anna",
		"it does so with a namespace":      "$(namespace)_a)|(?:.*",
		"it counts too far":                "a{1001}",
		"it looks ahead":                   "(?=support).*",
		"it refers back":                   `(a)\1`,
		"it ends with a backslash":         `a\`,
		"it quotes to the end":             `support_\Qa`,
		"it has a range backwards":         "$(namespace)_[z-a]",
	} {
		if taken(pattern) {
			t.Errorf("%s, and yet %s is taken", why, pattern)
		}
		if permitted(t, pattern, "support", "tommy") || permitted(t, pattern, "support", "support_a") {
			t.Errorf("%s, and yet %s permits something", why, pattern)
		}
	}
}

func TestATenantIsToldWhichNamesFitWhereThatIsNoOneElsesBusiness(t *testing.T) {
	const ask = "ask the platform team which names are for this namespace"
	for pattern, says := range map[string]string{
		"$(namespace)_[a-z]+":           `names here begin with "support_"`,
		"$(namespace)@(tommy|anna)":     `names here begin with "support@"`,
		`$(namespace)\.[a-z]+`:          `names here begin with "support."`,
		"$(namespace)_vip_[a-z]+":       `names here begin with "support_"`,
		"[a-z]+_$(namespace)":           `names here end with "_support"`,
		`[a-z]+\+$(namespace)`:          `names here end with "+support"`,
		"sales_[a-z]+|anna":             ask,
		"support_vip":                   ask,
		"$(namespace)_a|$(namespace)_b": `names here begin with "support_"`,
	} {
		f := healthy(t, lent, limited(&v1alpha1.Limits{ClientNamePattern: pattern}))
		v := issuance.Decide(f)
		want := `spec.clientName is none that ClusterAccount "production" permits in this namespace (limits.clientNamePattern); ` + says + "."
		if v.Fault == nil || v.Fault.Message != want {
			t.Errorf("%s is told as %+v\nand not as %s", pattern, v.Fault, want)
		}
	}
}

func TestANameThatIsNotDeclaredBreaksNoPattern(t *testing.T) {
	f := healthy(t, lent, neverIssued, limited(&v1alpha1.Limits{ClientNamePattern: "$(namespace)_[a-z]+"}), declares(func(c *v1alpha1.ClientCapability) {
		c.Spec.ClientName, c.Spec.Incoming = "", false
		c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID}
	}))
	if got := outcomeOf(issuance.Decide(f)); got != outcome(issuance.CauseFirstIssue) {
		t.Errorf("it came to %s", got)
	}
}
