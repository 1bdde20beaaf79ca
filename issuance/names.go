package issuance

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// NamePatterns are the patterns that decide on a client's name, as they are
// written: all that Names are read from.
type NamePatterns struct {
	// Chosen is the declaration's, for names that a caller chooses.
	Chosen string
	// Limit is the account's, for all names.
	Limit string
	// Namespace is the capability's, where Limit depends on it.
	Namespace string
}

// NamePatternsOf are those that hold for the capability.
func NamePatternsOf(c *v1alpha1.ClientCapability, account Account) NamePatterns {
	p := NamePatterns{Chosen: c.ClientNamePattern()}
	if account.Terms != nil && account.Terms.Limits != nil {
		p.Limit = account.Terms.Limits.ClientNamePattern
	}
	if strings.Contains(p.Limit, v1alpha1.NamespacePlaceholder) {
		p.Namespace = c.Namespace
	}
	return p
}

// Names are NamePatterns that have been read, which costs more than all the rest of
// a decision. They never change, and anybody may use them at the same time.
type Names struct {
	patterns NamePatterns
	// chosen finds the names that a caller may choose. It looks for the longest
	// match, so that a name matches in full where that is all of it: around the
	// pattern stands nothing that a part of it could undo. Nil where there is no
	// choice; unfit is why the pattern gives none.
	chosen *regexp.Regexp
	unfit  string
	// limit matches names that the account permits; nil where it permits all, or
	// none, as a broken one does.
	limit  *regexp.Regexp
	broken bool
}

// Read reads the patterns. What is wrong with them is a part of the result.
func (p NamePatterns) Read() *Names {
	n := &Names{patterns: p}
	if p.Chosen != "" {
		n.choose()
	}
	if p.Limit != "" {
		n.broken = patternError(p.Limit) != nil
		if limit, err := namePattern(p.Limit, p.Namespace); err == nil && !n.broken {
			n.limit = limit // where it can't be read in this namespace alone, it permits nothing there
		}
	}
	return n
}

func (n *Names) choose() {
	chosen, err := compile(n.patterns.Chosen)
	switch {
	case errors.Is(err, errPatternTooLarge):
		n.unfit = "spec.onDemand." + err.Error()
	case err != nil:
		n.unfit = "spec.onDemand.clientNamePattern is no regular expression (RE2)"
	default:
		chosen.Longest()
		n.chosen = chosen
	}
}

// chosenFault is what is wrong with the pattern of names that callers may choose.
func (n *Names) chosenFault() *Fault {
	if n.unfit == "" {
		return nil
	}
	return &Fault{
		Reason:  v1alpha1.ReasonDeclarationInvalid,
		Message: "No token can be made for this declaration: " + n.unfit + ".",
		Watched: true,
	}
}

// names are those that the facts bring, where they are the right ones.
func (f Facts) names() *Names {
	patterns := NamePatternsOf(f.Capability, f.Account)
	if f.Names != nil && f.Names.patterns == patterns {
		return f.Names
	}
	return patterns.Read()
}

// choosable reports whether a caller may choose the name.
func (n *Names) choosable(name string) bool {
	return n.chosen != nil && n.chosen.FindString(name) == name
}

// permitted reports whether the account permits the name.
func (n *Names) permitted(name string) bool {
	return n.patterns.Limit == "" || n.limit != nil && n.limit.MatchString(name)
}

// mostSteps is how large a pattern may be. No name is longer than 256 characters, and
// neither is a pattern as it is written, so what is longer than this is a mistake. But
// it can stand for 242,000, and to match one name with those takes five seconds.
const mostSteps = 1000

var errPatternTooLarge = fmt.Errorf("clientNamePattern is too large: with all that it repeats written out it is longer than %d characters, "+
	"and no name is longer than 256; lower the numbers in braces", mostSteps)

// compile reads a pattern, and none whose matching would cost what a request must not
// cost. To see that costs nothing: a pattern is not written out for it.
func compile(pattern string) (*regexp.Regexp, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("reading clientNamePattern: %w", err)
	}
	if steps(parsed) > mostSteps {
		return nil, errPatternTooLarge
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("reading clientNamePattern: %w", err)
	}
	return compiled, nil
}

// steps is how many steps an expression is compiled to, or a few more.
func steps(re *syntax.Regexp) int {
	inner := 0
	for _, sub := range re.Sub {
		inner += steps(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return max(1, len(re.Rune))
	case syntax.OpCapture, syntax.OpStar:
		return inner + 2
	case syntax.OpPlus, syntax.OpQuest:
		return inner + 1
	case syntax.OpAlternate:
		return inner + len(re.Sub) - 1
	case syntax.OpRepeat:
		return repeated(re, inner)
	}
	return max(1, inner)
}

// repeated writes x{2,5} as xx(x(x(x)?)?)?, and x{2,} as xx+.
func repeated(re *syntax.Regexp, inner int) int {
	switch {
	case re.Max >= 0:
		return re.Max*inner + re.Max - re.Min + 1
	case re.Min == 0:
		return inner + 2
	}
	return re.Min*inner + 1
}

// Size is about how many bytes the names take.
func (n *Names) Size() int {
	const each, step = 512, 128 // and what a step takes, beside what there is once
	size := each + len(n.patterns.Chosen) + len(n.patterns.Limit)
	for _, re := range []*regexp.Regexp{n.chosen, n.limit} {
		if re == nil {
			continue
		}
		if parsed, err := syntax.Parse(re.String(), syntax.Perl); err == nil {
			size += step*steps(parsed) + 4*characters(parsed)
		}
	}
	return size
}

// characters are those that the classes of an expression are made of.
func characters(re *syntax.Regexp) int {
	all := len(re.Rune)
	for _, sub := range re.Sub {
		all += characters(sub)
	}
	return all
}
