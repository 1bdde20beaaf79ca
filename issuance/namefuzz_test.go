package issuance_test

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// Whatever the pattern: one that is refused permits nothing, and where one that
// is taken has $(namespace), no name that it permits in one namespace is permitted
// in another, be that a part of the name or a number.
func FuzzNoNameIsSharedByTwoNamespaces(f *testing.F) {
	for _, seed := range []struct{ pattern, one, other string }{
		{"$(namespace)_[a-z0-9]+", "a", "a-b"},
		{"[a-z0-9]+_$(namespace)", "b", "a-b"},
		{"$(namespace)-.+", "a", "a-b"},
		{`$(namespace)\.(a|b)+|$(namespace)\.c`, "a", "b"},
		{"$(namespace)_a|s[a]mple-namespace_b", "a", "sample-namespace"},
		{"sample-namespace_.*$(namespace)?.*_other-namespace", "sample-namespace", "other-namespace"},
		{"$(namespace)_{0,$(namespace)}.*", "5", "55"},
		{"$(namespace)_{1$(namespace)}.*", "0", "00"},
		{"(?i)$(namespace)_[a-z]+", "a", "b"},
		{`\$(namespace)_.*`, "d", "w"},
		{"tommy)|(?:anna", "a", "b"},
		{`$(namespace)_\Q$(namespace)`, "a", "b"},
		{"$(namespace)~x{2}[^a]*", "a", "0"},
	} {
		f.Add(seed.pattern, seed.one, seed.other, uint64(1))
	}
	f.Fuzz(func(t *testing.T, pattern, one, other string, seed uint64) {
		if len(pattern) <= 256 { // admission lets no longer one through
			checkSharing(t, pattern, label(one), label(other), rand.New(rand.NewPCG(seed, 1)))
		}
	})
}

// The same, with patterns that are more often such as somebody would write.
func TestNoNameIsSharedByTwoNamespaces(t *testing.T) {
	pieces := []string{
		"$(namespace)", "$(namespace)_", "$(namespace)", "_", "-", "@", `\.`, ".", "a", "b-c", "7", "[a-z]", "[a-z0-9_-]+", "[_-]", "[$(namespace)]",
		"(", ")", "(?:", "(?i)", "(?s:", "|", "*", "+", "?", "{2}", "{0,3}", "{", "}", `\`, `\d`, `\w+`, `\Q`, `\E`, "^", "$", ".*", "sample-namespace_",
	}
	namespaces := []string{"a", "b-c", "a-b", "a-b-c", "0", "7", "07", "10", "sample-namespace", "other-namespace", "d", "w"}
	random := rand.New(rand.NewPCG(7, 7))
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	shared, names := 0, 0
	for range 30000 {
		var pattern strings.Builder
		pattern.WriteString(pick([]string{"", "", "$(namespace)_", "$(namespace)"}))
		for range 1 + random.IntN(6) {
			pattern.WriteString(pick(pieces))
		}
		if !strings.Contains(pattern.String(), v1alpha1.NamespacePlaceholder) || !taken(pattern.String()) {
			continue
		}
		shared++
		names += checkSharing(t, pattern.String(), pick(namespaces), pick(namespaces), random)
	}
	if shared < 1000 || names < 1000 {
		t.Errorf("only %d patterns were taken and %d names tried", shared, names)
	}
}

// checkSharing returns how many names it tried.
func checkSharing(t *testing.T, pattern, one, other string, random *rand.Rand) (tried int) {
	t.Helper()
	isTaken := taken(pattern)
	parsed, err := syntax.Parse(strings.ReplaceAll(pattern, v1alpha1.NamespacePlaceholder, one), syntax.Perl)
	if err != nil || isTaken && !strings.Contains(pattern, v1alpha1.NamespacePlaceholder) {
		return 0
	}
	for range 3 {
		name := matching(parsed, random)
		if (capability.Grant{ClientName: name, Incoming: true}).Validate() != nil || !permitted(t, pattern, one, name) {
			continue
		}
		if !isTaken {
			t.Errorf("%q is refused, and permits %q in %s all the same", pattern, name, one)
		}
		tried++
		for _, namespace := range append(namespacesIn(name), other) {
			if namespace != one && permitted(t, pattern, namespace, name) {
				t.Errorf("%q permits %q both in %s and in %s", pattern, name, one, namespace)
			}
		}
	}
	return tried
}

// namespacesIn are all namespaces whose names a client's name begins or ends with.
func namespacesIn(name string) []string {
	var found []string
	for i := range len(name) + 1 {
		for _, part := range []string{name[:i], name[i:]} {
			if len(validation.IsDNS1123Label(part)) == 0 {
				found = append(found, part)
			}
		}
	}
	return found
}

// label makes the name of a namespace of any text.
func label(text string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, text)
	letters = strings.Trim(letters[:min(len(letters), 63)], "-")
	if letters == "" {
		return "a"
	}
	return letters
}

// matching is a text that the expression matches, where it has no ends and no
// borders in it.
func matching(re *syntax.Regexp, random *rand.Rand) string {
	var text strings.Builder
	each := func(times int) {
		for range times {
			text.WriteString(matching(re.Sub[0], random))
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return ""
		}
		i := random.IntN(len(re.Rune)/2) * 2
		return string(re.Rune[i] + random.Int32N(min(re.Rune[i+1]-re.Rune[i], 60)+1))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return string("ab7-_.@"[random.IntN(7)])
	case syntax.OpCapture:
		each(1)
	case syntax.OpStar:
		each(random.IntN(4))
	case syntax.OpPlus:
		each(1 + random.IntN(3))
	case syntax.OpQuest:
		each(random.IntN(2))
	case syntax.OpRepeat:
		most := re.Max
		if most < 0 {
			most = re.Min + 3
		}
		each(min(re.Min+random.IntN(most-re.Min+1), 20))
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			text.WriteString(matching(sub, random))
		}
	case syntax.OpAlternate:
		return matching(re.Sub[random.IntN(len(re.Sub))], random)
	default: // the empty ones
	}
	return text.String()
}
