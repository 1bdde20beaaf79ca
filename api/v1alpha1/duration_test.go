package v1alpha1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// repeated finds the patterns for durations in markers.
var repeated = regexp.MustCompile(`\.matches\('(\^\[0-9\][^']*)'\)`)

func TestEveryRuleForADurationHasItsPattern(t *testing.T) {
	files, err := filepath.Glob("*_types.go")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, file := range append(files, "duration.go", "limits.go") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range repeated.FindAllStringSubmatch(string(source), -1) {
			rules++
			if rule[1] != v1alpha1.DurationPattern {
				t.Errorf("%s has a rule with %s", file, rule[1])
			}
		}
	}
	if rules < 8 {
		t.Errorf("only %d rules were found", rules)
	}
}
