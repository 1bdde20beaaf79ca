package prometheus_test

import (
	"regexp"
	"strings"
	"testing"
)

const runbooks = "docs/runbooks.md"

// repository is where the pages are that an alert points to.
const repository = "https://github.com/capability-operator/capability-operator/blob/main/"

func TestEveryAlertHasARunbookAndEachRunbookAnAlert(t *testing.T) {
	sections, listed := runbookSections(t), runbookList(t)
	for _, alert := range rules(t).alerts() {
		if _, there := sections[alert.Alert]; !there {
			t.Errorf("%s has no section on %s", runbooks, alert.Alert)
		}
		if want := repository + runbooks + "#" + strings.ToLower(alert.Alert); alert.Annotations["runbook_url"] != want {
			t.Errorf("%s has runbook_url %s, want %s", alert.Alert, alert.Annotations["runbook_url"], want)
		}
		if listed[alert.Alert] != alert.Labels["severity"] {
			t.Errorf("%s lists %s with severity %q, and it is %q", runbooks, alert.Alert, listed[alert.Alert], alert.Labels["severity"])
		}
		delete(sections, alert.Alert)
		delete(listed, alert.Alert)
	}
	for name := range sections {
		t.Errorf("%s has a section on %s, which is no alert", runbooks, name)
	}
	for name := range listed {
		t.Errorf("%s lists %s, which is no alert", runbooks, name)
	}
}

func TestEveryRunbookSaysWhatItMeansWhatUsersSeeHowToFindOutAndWhatToDo(t *testing.T) {
	for name, section := range runbookSections(t) {
		at := -1
		for _, part := range []string{"**Means.**", "**Users see**", "**Find out", "```sh\n", "**Do"} {
			found := strings.Index(section, part)
			if found <= at {
				t.Errorf("the section on %s has no %s after what comes before", name, part)
			}
			at = found
		}
	}
}

// runbookSections are the page's sections by their heading.
func runbookSections(t *testing.T) map[string]string {
	t.Helper()
	parts := strings.Split(string(read(t, runbooks)), "\n## ")
	sections := map[string]string{}
	for _, part := range parts[1:] {
		name, section, _ := strings.Cut(part, "\n")
		sections[name] = section
	}
	return sections
}

// runbookList is the severity of each alert, as the table at the top of the page has it.
func runbookList(t *testing.T) map[string]string {
	t.Helper()
	listed := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^\| \[(\w+)\]\(#(\w+)\) \| (\w+) \|`).FindAllStringSubmatch(string(read(t, runbooks)), -1) {
		if anchor := strings.ToLower(match[1]); anchor != match[2] {
			t.Errorf("the list leads from %s to %s", match[1], match[2])
		}
		listed[match[1]] = match[3]
	}
	if len(listed) < 10 {
		t.Fatalf("%s lists %v", runbooks, listed)
	}
	return listed
}
