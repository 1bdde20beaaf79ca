package walkthrough_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

const repository = "../../"

// block is a fenced part of a page: commands (sh), or what they print (text).
var block = regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)^```$")

func TestTheCommandsForPlatformTeamsWork(t *testing.T) {
	blocks := block.FindAllStringSubmatch(read(t, "docs/platform-teams.md"), -1)
	if len(blocks) < 9 {
		t.Fatalf("only %d blocks were found", len(blocks))
	}
	environment := start(t)
	printed := ""
	for _, b := range blocks {
		kind, content := b[1], b[2]
		if kind == "text" { // as the block before it printed it, in part
			if !strings.Contains(printed, content) {
				t.Errorf("the page shows\n%sand printed was\n%s", content, printed)
			}
			continue
		}
		t.Log(content)
		printed = paste(t, environment, content)
		t.Log(printed)
		if strings.Contains(printed, "Warning") {
			t.Error("a reader is warned")
		}
	}
	if !strings.Contains(read(t, "docs/clusteraccount.md"), blocks[len(blocks)-1][2][:200]) {
		t.Error("the command that takes permission back is another than on the page of the kind")
	}
}

// paste runs commands as a reader would, and fails where one of them does.
func paste(t *testing.T, environment []string, commands string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", commands)
	shell.Env = environment
	printed, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s\nprinted\n%s", err, commands, printed)
	}
	return string(printed)
}

// start brings up a control plane with the manifests, and the manager; it returns the reader's environment.
func start(t *testing.T) []string {
	t.Helper()
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{ControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	environment := append(os.Environ(),
		"PATH="+filepath.Dir(cluster.KubectlPath())+":"+os.Getenv("PATH"), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+t.TempDir())
	paste(t, environment, "kubectl apply -k "+repository+"config/default")
	paste(t, environment, "kubectl wait --for=condition=Established crd --all --timeout=60s")

	program := filepath.Join(t.TempDir(), "manager")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, repository+"cmd/manager")
	if printed, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	var said bytes.Buffer
	running, kill := context.WithCancel(context.Background())
	manager := exec.CommandContext(running, program, "--kubeconfig="+cluster.Kubeconfig(), "--health-probe-bind-address=0")
	manager.Stdout, manager.Stderr = &said, &said
	if err := manager.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		kill()
		_ = manager.Wait() // says that it was killed
		if t.Failed() {
			fmt.Fprintf(os.Stderr, "the manager's log:\n%s", &said)
		}
	})
	return environment
}

func read(t *testing.T, page string) string {
	t.Helper()
	content, err := os.ReadFile(repository + page)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
