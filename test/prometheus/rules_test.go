package prometheus_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// root is the top of the repository, as seen from here.
const root = "../.."

// manifests are the PrometheusRules, with the least number of alerts that each has.
var manifests = map[string]int{
	"config/prometheus/rules.yaml":             11,
	"config/prometheus/tokenserver/rules.yaml": 3,
}

type alert struct {
	Alert         string            `json:"alert"`
	Expr          string            `json:"expr"`
	For           string            `json:"for,omitempty"`
	KeepFiringFor string            `json:"keep_firing_for,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

type group struct {
	Name     string  `json:"name"`
	Interval string  `json:"interval,omitempty"`
	Rules    []alert `json:"rules"`
}

type groups struct {
	Groups []group `json:"groups"`
}

func (g groups) alerts() []alert {
	var all []alert
	for _, group := range g.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// rules are those of all PrometheusRules. A field that Prometheus does not know is an error.
func rules(t *testing.T) groups {
	t.Helper()
	var all groups
	for path, least := range manifests {
		var manifest struct {
			APIVersion string         `json:"apiVersion"`
			Kind       string         `json:"kind"`
			Metadata   map[string]any `json:"metadata"`
			Spec       groups         `json:"spec"`
		}
		if err := yaml.UnmarshalStrict(read(t, path), &manifest); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if found := len(manifest.Spec.alerts()); found < least {
			t.Fatalf("%s has only %d alerts", path, found)
		}
		all.Groups = append(all.Groups, manifest.Spec.Groups...)
	}
	return all
}

func TestPromtoolAcceptsTheRules(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "rules.yaml", rules(t))
	promtool(t, folder, "check", "rules", "rules.yaml")
}

func TestAlertsFireWhenTheyMustAndNotOtherwise(t *testing.T) {
	folder := t.TempDir()
	said := rules(t)
	for _, group := range said.Groups {
		for i, alert := range group.Rules { // the tests say again what is told of a case, and not what is the same in all
			group.Rules[i].Annotations = map[string]string{"description": alert.Annotations["description"]}
		}
	}
	write(t, folder, "rules.yaml", said)
	args := []string{"test", "rules"}
	for _, file := range testFiles(t) {
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(file)), read(t, file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, filepath.Base(file))
	}
	promtool(t, folder, args...)
}

func TestEveryAlertHasAScenarioInWhichItFiresAndOneInWhichItMustNot(t *testing.T) {
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, file := range testFiles(t) {
		var content struct {
			Tests []struct {
				Name  string `json:"name"`
				Cases []struct {
					Alert    string `json:"alertname"`
					Expected []any  `json:"exp_alerts"`
				} `json:"alert_rule_test"`
			} `json:"tests"`
		}
		if err := yaml.Unmarshal(read(t, file), &content); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, scenario := range content.Tests {
			here := map[string]bool{}
			for _, c := range scenario.Cases {
				here[c.Alert] = here[c.Alert] || len(c.Expected) > 0
			}
			for name, fired := range here {
				fires[name], silent[name] = fires[name] || fired, silent[name] || !fired
			}
		}
	}
	for _, alert := range rules(t).alerts() {
		if !fires[alert.Alert] || !silent[alert.Alert] {
			t.Errorf("%s: is seen to fire: %v, has a scenario in which it must not: %v", alert.Alert, fires[alert.Alert], silent[alert.Alert])
		}
		delete(fires, alert.Alert)
	}
	for name := range fires {
		t.Errorf("%s is tested and there is no such alert", name)
	}
}

func TestEveryAlertSaysHowBadItIsAndWhatToDo(t *testing.T) {
	for _, alert := range rules(t).alerts() {
		if !slices.Contains([]string{"critical", "warning"}, alert.Labels["severity"]) {
			t.Errorf("%s has severity %q", alert.Alert, alert.Labels["severity"])
		}
		for _, annotation := range []string{"summary", "description", "runbook_url"} {
			if alert.Annotations[annotation] == "" {
				t.Errorf("%s has no %s", alert.Alert, annotation)
			}
		}
		if strings.Contains(alert.Annotations["summary"], "{{") {
			t.Errorf("%s: the summary is the same for all that fire together: %s", alert.Alert, alert.Annotations["summary"])
		}
	}
}

func testFiles(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(found) == 0 {
		t.Fatalf("tests are %q, %v", found, err)
	}
	for i := range found {
		found[i] = "test/prometheus/" + found[i]
	}
	return found
}

// promtool runs in the folder, and must succeed.
func promtool(t *testing.T, folder string, args ...string) {
	t.Helper()
	find := exec.CommandContext(t.Context(), root+"/hack/prometheus/promtool")
	var why bytes.Buffer
	find.Stderr = &why
	path, err := find.Output()
	if err != nil {
		t.Fatalf("hack/prometheus/promtool: %v\n%s", err, why.String())
	}
	tool := exec.CommandContext(t.Context(), strings.TrimSpace(string(path)), args...)
	tool.Dir = folder
	if said, err := tool.CombinedOutput(); err != nil {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, folder, name string, content any) {
	t.Helper()
	raw, err := yaml.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
