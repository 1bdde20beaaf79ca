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
var block = regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)\n```$")

func TestPlatformTeamsCan(t *testing.T) {
	environment := start(t)
	t.Run("paste the commands of their page", func(t *testing.T) { pastePage(t, environment) })
	t.Run("take all of it away again", func(t *testing.T) {
		paste(t, environment, "kubectl delete clusteraccount production && kubectl delete namespace support voice-platform --timeout=60s")
	})
	t.Run("apply the samples, twice", func(t *testing.T) {
		apply := "kubectl apply -k " + repository + "config/samples/platform"
		paste(t, environment, apply)
		paste(t, environment, "kubectl wait --for=condition=Ready clusteraccount/production --timeout=60s")
		paste(t, environment, "kubectl wait --for=condition=Ready clientcapability/tommy -n support --timeout=60s")
		versions := "kubectl get namespaces,secrets,ccap,cacct -A -o custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion"
		before := paste(t, environment, versions)
		paste(t, environment, apply)
		if after := paste(t, environment, versions); after != before {
			t.Errorf("applied again, they change:\n%s\nwas\n%s", after, before)
		}
	})
}

func pastePage(t *testing.T, environment []string) {
	t.Helper()
	blocks := block.FindAllStringSubmatch(read(t, "docs/platform-teams.md"), -1)
	if len(blocks) < 9 {
		t.Fatalf("only %d blocks were found", len(blocks))
	}
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
	if strings.Contains(string(printed), "Warning") {
		t.Errorf("a reader is warned:\n%s", printed)
	}
	return string(printed)
}

// start brings up a control plane with the manifests, and the manager with these flags; it returns the reader's environment.
func start(t *testing.T, flags ...string) []string {
	t.Helper()
	cluster := controlplane.StartFor(t, controlplane.Options{ControllerManager: true})
	environment := append(os.Environ(),
		"PATH="+filepath.Dir(cluster.KubectlPath())+":"+withPlugin(t)+":"+os.Getenv("PATH"), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+t.TempDir())
	paste(t, environment, "kubectl apply -k "+repository+"config/default")
	paste(t, environment, "kubectl wait --for=condition=Established crd --all --timeout=60s")

	program := filepath.Join(t.TempDir(), "manager")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, repository+"cmd/manager")
	if printed, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	var said bytes.Buffer
	running, kill := context.WithCancel(context.Background())
	flags = append(flags, "--kubeconfig="+cluster.Kubeconfig(), "--health-probe-bind-address=0")
	manager := exec.CommandContext(running, program, flags...)
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
