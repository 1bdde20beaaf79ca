package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// called finds the plugin's command lines in blocks of shell, in code within the text, and in what alerts say.
var called = regexp.MustCompile("kubectl capability ([a-z][^\n`#|>&;]*)")

func TestEveryCommandThatARunbookOrAnAlertNamesExists(t *testing.T) {
	for file, least := range map[string]int{
		"../../docs/runbooks.md":                        12,
		"../../config/prometheus/rules.yaml":            5,
		"../../config/grafana/capability-operator.json": 1,
	} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`\{\{ \$labels\.(\w+) \}\}`).ReplaceAllString(string(content), "tommy")
		lines := called.FindAllStringSubmatch(text, -1)
		if len(lines) < least {
			t.Errorf("%s: only %d commands were found: %q", file, len(lines), lines)
		}
		for _, line := range lines {
			args := strings.Fields(strings.TrimRight(line[1], `", `))
			command, rest, err := newProgram(genericiooptions.IOStreams{}, os.Getenv, nil).root().Find(args)
			if err != nil {
				t.Errorf("%s: kubectl capability %s: %v", file, line[1], err)
				continue
			}
			if err := command.ParseFlags(rest); err != nil {
				t.Errorf("%s: kubectl capability %s: %v", file, line[1], err)
				continue
			}
			if err := command.ValidateArgs(command.Flags().Args()); err != nil {
				t.Errorf("%s: kubectl capability %s: %v", file, line[1], err)
			}
		}
	}
}
