package issuance

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// longestNamespace stands for any namespace where only length matters.
var longestNamespace = strings.Repeat("n", 63)

// namePattern is limits.clientNamePattern as it holds in one namespace.
func namePattern(pattern, namespace string) (*regexp.Regexp, error) {
	return compile(`^(?:` + inNamespace(pattern, namespace) + `)$`)
}

func inNamespace(pattern, namespace string) string {
	return strings.ReplaceAll(pattern, v1alpha1.NamespacePlaceholder, regexp.QuoteMeta(namespace))
}

// parsedPattern is the pattern by itself. Between the ends that namePattern
// puts around it, what is none could become one: a)|(?:b does.
func parsedPattern(pattern, namespace string) (*syntax.Regexp, error) {
	parsed, err := syntax.Parse(inNamespace(pattern, namespace), syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("reading clientNamePattern: %w", err)
	}
	return parsed, nil
}

// errNamesOverlap: what is meant for one namespace alone could match for another.
var errNamesOverlap = errors.New("clientNamePattern must begin with $(namespace) and a character that no namespace has in its name, " +
	"as in $(namespace)_[a-z0-9]+, or end the other way round, and have no alternative beside that: " +
	"else the names of one namespace could match for another")

// samples stand for all namespaces in a pattern that is looked at. There are two
// words, so that no text of the pattern's own can pass for both; and there are
// numbers, because a namespace may be called so, and _{$(namespace)} then counts.
var samples = []string{"sample-namespace", "other-namespace", "0", "7"}

// patternError is what is wrong with a limits.clientNamePattern.
//
// Where the pattern has $(namespace), no name may match in two namespaces. That
// holds where each name begins with the namespace and a separator, a character
// that no namespace's name has: what stands before the first separator is then
// one namespace's name and nothing else. The same holds for the end. "-" is no
// separator: a-b-c would match $(namespace)-.+ in a and in a-b.
func patternError(pattern string) error {
	if _, err := namePattern(pattern, longestNamespace); err != nil {
		return err // and in no other namespace it is longer
	}
	begins, ends := true, true
	for _, namespace := range samples {
		parsed, err := parsedPattern(pattern, namespace)
		if err != nil {
			return err
		}
		begins = begins && separator(parsed, beginning, namespace) != ""
		ends = ends && separator(parsed, end, namespace) != ""
	}
	if strings.Contains(pattern, v1alpha1.NamespacePlaceholder) && !begins && !ends {
		return errNamesOverlap
	}
	return nil
}

// side is one of the two of a name.
type side int

const (
	beginning side = iota
	end
)

// separator is the character that parts the namespace from the rest in all names
// that match, where all have the namespace on that side; otherwise it is empty.
func separator(parsed *syntax.Regexp, at side, namespace string) string {
	if at == beginning {
		rest, found := strings.CutPrefix(string(edge(parsed, at)), namespace)
		next, size := utf8.DecodeRuneInString(rest)
		if !found || !separates(next) {
			return ""
		}
		return rest[:size]
	}
	rest, found := strings.CutSuffix(string(edge(parsed, at)), namespace)
	last, size := utf8.DecodeLastRuneInString(rest)
	if !found || !separates(last) {
		return ""
	}
	return rest[len(rest)-size:]
}

// edge is the text that all that an expression matches has on that side, as far
// as it is a literal.
func edge(re *syntax.Regexp, at side) []rune {
	switch {
	case re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0:
		return re.Rune
	case re.Op == syntax.OpConcat && at == beginning:
		return edge(re.Sub[0], at)
	case re.Op == syntax.OpConcat:
		return edge(re.Sub[len(re.Sub)-1], at)
	case re.Op == syntax.OpCapture:
		return edge(re.Sub[0], at)
	}
	return nil
}

// separates reports whether no namespace's name can have the character (RFC
// 1123 labels).
func separates(r rune) bool {
	return r != utf8.RuneError && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}

// namesThatFit says, to those of one namespace, which names do.
func namesThatFit(pattern, namespace string) string {
	if parsed, err := parsedPattern(pattern, namespace); err == nil && strings.Contains(pattern, v1alpha1.NamespacePlaceholder) {
		if by := separator(parsed, beginning, namespace); by != "" {
			return fmt.Sprintf("names here begin with %q", namespace+by)
		}
		if by := separator(parsed, end, namespace); by != "" {
			return fmt.Sprintf("names here end with %q", by+namespace)
		}
	}
	return "ask the platform team which names are for this namespace"
}
