package issuance

import (
	"regexp/syntax"
	"testing"
)

// FuzzSteps holds the estimate against what the library makes of a pattern: it is
// never too small, and seldom much too large.
func FuzzSteps(f *testing.F) {
	for _, pattern := range []string{
		"", "a", "tommy|sarah|", "[a-z]{1,121}", "((a{3}){4}){5,}", "(a?b*c+){2,7}", `^\bx$`, "(?i)straße{0,3}", `\pL\PN.`, "(|a|b{0}){9}", "a{0}", "(?:){50}", "x{2,}y{0,}z{1,}", "[^\x00-\U0010FFFF]",
	} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil || steps(parsed) > 20*mostSteps {
			return
		}
		program, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		const around = 2 // each program fails and matches besides
		if got, is := steps(parsed)+around, len(program.Inst); got < is {
			t.Errorf("%q is estimated at %d, and has %d", pattern, got, is)
		}
	})
}
