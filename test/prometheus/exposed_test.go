package prometheus_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
)

// own is the prefix of the project's metrics.
const own = "capability_operator_"

// labels is a set.
type labels map[string]bool

// exposed are metrics with the labels of their series.
type exposed map[string]labels

// add adds a metric under the names of its series.
func (e exposed) add(name, kind string, of labels) {
	if !strings.EqualFold(kind, "histogram") {
		e[name] = of
		return
	}
	e[name+"_sum"], e[name+"_count"], e[name+"_bucket"] = of, of, maps.Clone(of)
	e[name+"_bucket"]["le"] = true
}

// onTarget are the labels that the ServiceMonitors have Prometheus add to each series.
var onTarget = labels{"job": true, "instance": true, "namespace": true, "pod": true}

// row is one of a table in docs/metrics.md: name, type, labels.
var row = regexp.MustCompile("(?m)^\\| `(" + own + "[a-z_]+)` \\| (\\w+) \\|([^|]*)\\|")

// documented are the project's own metrics as docs/metrics.md lists them, which the programs' tests hold to what they serve.
func documented(t *testing.T) exposed {
	t.Helper()
	found := exposed{}
	for _, cells := range row.FindAllStringSubmatch(string(read(t, "docs/metrics.md")), -1) {
		of := labels{}
		for _, label := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(cells[3], -1) {
			of[label[1]] = true
		}
		found.add(cells[1], cells[2], of)
	}
	if len(found) < 17 {
		t.Fatalf("docs/metrics.md lists only %d metrics", len(found))
	}
	return found
}

func TestWhatAlertsAndDashboardAskForIsServed(t *testing.T) {
	there := served(t)
	for name, of := range documented(t) {
		if live, serves := there[name]; serves && !maps.Equal(live, of) {
			t.Errorf("%s is served with labels %v, and docs/metrics.md says %v", name, live, of)
		}
		there[name] = of
	}
	queries := readDashboard(t).queries()
	for _, alert := range rules(t).alerts() {
		queries[alert.Alert] = alert.Expr
	}
	mine := 0
	for where, query := range queries {
		said, grouped := ask(query), maps.Clone(onTarget)
		for name, selected := range said.metrics {
			of, serves := there[name]
			if !serves {
				t.Errorf("%s asks for %s, which nobody serves", where, name)
			}
			for _, label := range selected {
				if !of[label] && !onTarget[label] {
					t.Errorf("%s selects %s by %s, and it has labels %v", where, name, label, of)
				}
			}
			maps.Copy(grouped, of)
			if strings.HasPrefix(name, own) {
				mine++
			}
		}
		for _, made := range regexp.MustCompile(`label_replace\([^"]*"(\w+)"`).FindAllStringSubmatch(query, -1) {
			grouped[made[1]] = true
		}
		for _, label := range said.labels {
			if !grouped[label] {
				t.Errorf("%s groups or matches by %s, which none of its series has", where, label)
			}
		}
	}
	if mine < 40 {
		t.Errorf("only %d of the project's own metrics were found in queries", mine)
	}
}

func TestEveryMetricOfTheProjectsOwnIsOnTheDashboardOrInAnAlert(t *testing.T) {
	used := map[string]bool{"capability_operator_build_info": true} // which tells versions apart, and nothing of how they fare
	queries := readDashboard(t).queries()
	for _, alert := range rules(t).alerts() {
		queries[alert.Alert] = alert.Expr
	}
	for _, query := range queries {
		for name := range ask(query).metrics {
			used[name] = true
		}
	}
	for name := range documented(t) {
		if !used[name] && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") {
			t.Errorf("nobody looks at %s", name)
		}
	}
}
