package release_test

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// step is a line of .ci/run: its name, its minutes, its command.
var step = regexp.MustCompile(`(?m)^step \S+ \d+ (.+?)(?: #.*)?$`)

func TestTheWorkflowRunsWhatCIRunDoes(t *testing.T) {
	var workflow struct {
		Jobs struct {
			Step struct {
				Strategy struct {
					Matrix struct {
						Run []string `json:"run"`
					} `json:"matrix"`
				} `json:"strategy"`
			} `json:"step"`
			E2E struct {
				Steps []struct {
					Run string `json:"run"`
				} `json:"steps"`
			} `json:"e2e"`
		} `json:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github/workflows/ci.yaml")), &workflow); err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, run := range workflow.Jobs.Step.Strategy.Matrix.Run {
		runs = append(runs, strings.Split(run, " && ")...)
	}
	for _, s := range workflow.Jobs.E2E.Steps {
		runs = append(runs, s.Run)
	}
	does := map[string]bool{}
	for _, run := range runs {
		does[run] = true
	}
	commands := []string{"make test-e2e"} // which .ci/e2e runs
	for _, match := range step.FindAllStringSubmatch(read(t, ".ci/run"), -1) {
		commands = append(commands, match[1])
	}
	if len(commands) < 10 {
		t.Fatalf("only these steps were found: %q", commands)
	}
	for _, command := range commands {
		if !does[command] {
			t.Errorf("the workflow does not run: %s", command)
		}
	}
}
