package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const page = "../../docs/kubectl-capability.md"

func readPage(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// blockWith is the page's block of shell that has these words in it.
func blockWith(t *testing.T, words string) string {
	t.Helper()
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?\n)```").FindAllStringSubmatch(readPage(t), -1) {
		if strings.Contains(block[1], words) {
			return block[1]
		}
	}
	t.Fatalf("the page has no block with %s", words)
	return ""
}

func TestEveryCommandAndFlagIsDocumented(t *testing.T) {
	text := readPage(t)
	root := newProgram(genericiooptions.IOStreams{}, os.Getenv, nil).root()
	commands, flags := 0, 0
	for _, command := range root.Commands() {
		if command.Name() == "completion" || command.Name() == "help" {
			continue
		}
		commands++
		if !strings.Contains(text, "\n## `"+command.Name()) {
			t.Errorf("the page has no section on %s", command.Name())
		}
		section := sectionOf(text, command)
		command.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			flags++
			if flag.Name != "help" && !strings.Contains(section, "`--"+flag.Name) {
				t.Errorf("the section on %s does not name --%s", command.Name(), flag.Name)
			}
		})
	}
	if commands < 7 || flags < 15 {
		t.Errorf("only %d commands with %d flags were found", commands, flags)
	}
}

func sectionOf(text string, command *cobra.Command) string {
	_, section, _ := strings.Cut(text, "\n## `"+command.Name())
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// What the page shows of a terminal was printed in a test, line by line.
func TestWhatThePageShowsWasPrinted(t *testing.T) {
	kept := map[string]string{}
	paths, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(paths) < 40 {
		t.Fatalf("transcripts are %q, %v", paths, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kept[path] = string(content)
	}
	shown := regexp.MustCompile("(?ms)^```console\n(.*?)```").FindAllStringSubmatch(readPage(t), -1)
	if len(shown) < 6 {
		t.Errorf("the page shows only %d", len(shown))
	}
	for _, block := range shown {
		found := false
		for _, content := range kept {
			found = found || strings.Contains(content, strings.TrimSuffix(block[1], "\n"))
		}
		if !found {
			t.Errorf("this was never printed:\n%s", block[1])
		}
	}
}

// Each reason has a transcript in which explain, or accounts for a ClusterAccount, gives
// it and says what to do.
func TestEveryReasonHasATranscript(t *testing.T) {
	healthy := map[string]bool{v1alpha1.ReasonTokenValid: true, v1alpha1.ReasonCredentialsValid: true, v1alpha1.ReasonCredentialsAccepted: true}
	for file, of := range map[string]struct {
		prefix string
		least  int
	}{"conditions.go": {"", 22}, "accountconditions.go": {"ClusterAccount-", 6}} {
		reasons := reasonsIn(t, file)
		if len(reasons) < of.least {
			t.Fatalf("only these reasons were found: %q", reasons)
		}
		for _, reason := range reasons {
			content, err := os.ReadFile(filepath.Join("testdata", "transcripts", of.prefix+reason+".txt"))
			if err != nil {
				t.Errorf("%s has no transcript", reason)
				continue
			}
			if !healthy[reason] && !strings.Contains(string(content), "\nWhat to do\n") {
				t.Errorf("the transcript of %s does not say what to do", reason)
			}
		}
	}
}

func reasonsIn(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			reasons = append(reasons, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		}
		return true
	})
	return reasons
}

func TestTheVersionIsPrinted(t *testing.T) {
	w := newWorld(t)
	for _, way := range []string{"version", "--version"} {
		if got := w.callExactly([]string{way}); !regexp.MustCompile(`^kubectl-capability \S+, go1\.\S+, \w+/\w+`).MatchString(got) {
			t.Errorf("%s gives %q", way, got)
		}
	}
}

func TestHelpShowsEveryCommand(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{}, {"--help"}} {
		got := w.callExactly(args)
		for _, command := range []string{"accounts", "completion", "explain", "inspect", "list", "renew", "token", "version"} {
			if !strings.Contains(got, "\n  "+command+" ") {
				t.Errorf("%q does not show %s:\n%s", args, command, got)
			}
		}
	}
}
