package prometheus_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	selector   = regexp.MustCompile(`([a-z_][a-z0-9_]*)\s*\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	labelList  = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	identifier = regexp.MustCompile(`\b[a-zA-Z_][a-zA-Z0-9_]*\s*\(?`)
	ranges     = regexp.MustCompile(`\[[^]]*\]`)
	quoted     = regexp.MustCompile(`"[^"]*"`)
	comparison = []string{"and", "or", "unless", "offset", "bool"}
)

// asked is what a query names.
type asked struct {
	// metrics has each metric with the labels that it is selected by.
	metrics map[string][]string
	// labels are those that results are grouped and matched by.
	labels []string
}

// ask takes a query apart as far as names go; that it is one at all is promtool's to say.
func ask(query string) asked {
	said := asked{metrics: map[string][]string{}}
	rest := ranges.ReplaceAllString(quoted.ReplaceAllString(query, `""`), "")
	for _, list := range labelList.FindAllStringSubmatch(rest, -1) {
		said.labels = append(said.labels, strings.FieldsFunc(list[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	rest = labelList.ReplaceAllString(rest, " ")
	for _, match := range selector.FindAllStringSubmatch(rest, -1) {
		for _, label := range matcher.FindAllStringSubmatch(match[2], -1) {
			said.metrics[match[1]] = append(said.metrics[match[1]], label[1])
		}
	}
	rest = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(rest, " ")
	for _, name := range identifier.FindAllString(rest, -1) {
		name = strings.TrimSpace(name)
		if !strings.HasSuffix(name, "(") && !slices.Contains(comparison, name) {
			said.metrics[name] = append(said.metrics[name], []string{}...)
		}
	}
	return said
}

func TestWhatAQueryNamesIsFound(t *testing.T) {
	got := ask(`sum by (reason, pod) (rate(requests_total{code=~"5..", name!="a{b}"}[5m] offset 1h)) / on (job) group_left (pod) (up and other > bool 2)`)
	if names := slices.Sorted(maps.Keys(got.metrics)); !slices.Equal(names, []string{"other", "requests_total", "up"}) {
		t.Errorf("metrics are %q", names)
	}
	if labels := got.metrics["requests_total"]; !slices.Equal(labels, []string{"code", "name"}) {
		t.Errorf("it is selected by %q", labels)
	}
	if !slices.Equal(got.labels, []string{"reason", "pod", "job", "pod"}) {
		t.Errorf("it is grouped by %q", got.labels)
	}
}
