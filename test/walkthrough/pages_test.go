package walkthrough_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pages are those whose commands are run one by one, each as it stands.
var pages = []string{
	"README.md", "docs/clientcapability.md", "docs/clusteraccount.md", "docs/access-tokens.md", "docs/gitops.md",
	"docs/operations.md", "docs/metrics.md", "docs/runbooks.md", "docs/security.md",
}

// notHere are commands that can't be run here, by how they begin or what is in them, and why. docs/README.md says so too.
var notHere = map[string]*regexp.Regexp{
	"it is a step of .ci/run":                   regexp.MustCompile(`^make (test|demo|bench|soak|dist)`),
	"it needs Docker":                           regexp.MustCompile(`^(docker|make (docker-build|deploy))`),
	"it needs a node":                           regexp.MustCompile(`^kubectl (rollout|logs|top|port-forward)|^curl -sk? .*127\.0\.0\.1`),
	"it needs an account of Twilio's":           regexp.MustCompile(`^(twilio|curl -u)`),
	"the token server's tests run its own":      regexp.MustCompile(`tokenserver|apiservice|kubectl create --raw|capability token`),
	"it takes the operator away from others":    regexp.MustCompile(`^make undeploy`),
	"test/chart runs its own":                   regexp.MustCompile(`^helm `),
	"it would put a program where Go puts them": regexp.MustCompile(`^go install`),
	"a test of its own runs it, and it fails":   regexp.MustCompile(`^kubectl create secret generic probe`),
}

func TestTheCommandsOfThePagesRun(t *testing.T) {
	environment := start(t, "--leader-elect", "--leader-election-namespace=capability-operator-system")
	folder := beside(t)
	run := func(t *testing.T, command string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		shell := exec.CommandContext(ctx, "bash", "-eu", "-c", command)
		shell.Env, shell.Dir = environment, folder
		if printed, err := shell.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s\nprinted\n%s", err, command, printed)
		}
	}
	// What the pages speak of: an account of the platform team's and one of the namespace's own, and tommy.
	run(t, "kubectl config set-context --current --namespace=support; kubectl create namespace monitoring")
	run(t, "kubectl apply -k config/samples/platform && kubectl apply -n support -f config/samples/account.yaml")
	run(t, "kubectl create serviceaccount prometheus -n monitoring")
	for _, page := range pages {
		t.Run(page, func(t *testing.T) {
			run(t, "kubectl apply -k config/samples/platform && kubectl wait --for=condition=Ready ccap/tommy -n support --timeout=60s")
			ran := 0
			for _, command := range commands(t, page) {
				if why := whyNotHere(command); why != "" {
					t.Logf("not run, for %s: %s", why, command)
					continue
				}
				t.Log(command)
				run(t, command)
				ran++
			}
			if ran == 0 {
				t.Error("no command of the page was run")
			}
		})
	}
}

func whyNotHere(command string) string {
	for why, is := range notHere {
		if is.MatchString(command) {
			return why
		}
	}
	return ""
}

// commands are those of a page, each whole.
func commands(t *testing.T, page string) []string {
	t.Helper()
	var found []string
	for _, b := range block.FindAllStringSubmatch(indented.ReplaceAllString(read(t, page), ""), -1) {
		if b[1] != "sh" {
			continue
		}
		command := ""
		for line := range strings.Lines(b[2]) {
			command += line
			if goesOn.MatchString(line) || exec.CommandContext(t.Context(), "bash", "-n", "-c", command).Run() != nil {
				continue
			}
			if text := strings.TrimSpace(command); text != "" && !strings.HasPrefix(text, "#") {
				found = append(found, text)
			}
			command = ""
		}
		if command != "" {
			t.Errorf("%s has half a command: %s", page, command)
		}
	}
	return found
}

var (
	// goesOn is a line that the next one belongs to.
	goesOn = regexp.MustCompile(`(\\|\||&&)\s*$`)
	// indented is the space before lines of lists.
	indented = regexp.MustCompile(`(?m)^ {2,3}`)
)

// beside is a folder as a reader has it: what of the checkout the commands name, and the
// file that they wrote by themselves.
func beside(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	checkout, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(checkout, "config"), filepath.Join(folder, "config")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(checkout, "config", "samples", "platform", "tommy.yaml"), filepath.Join(folder, "tommy.yaml")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// withPlugin has kubectl find the plugin.
func withPlugin(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "kubectl-capability"), repository+"cmd/kubectl-capability")
	if printed, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	return folder
}
