package gitops_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// stage is a control plane with the operator's manifests, and a manager that runs while
// it is told to.
type stage struct {
	cluster     *controlplane.Cluster
	environment []string
	program     string
	manager     *exec.Cmd
	said        bytes.Buffer
}

func newStage(t *testing.T) *stage {
	t.Helper()
	cluster := controlplane.StartFor(t, controlplane.Options{ControllerManager: true})
	s := &stage{cluster: cluster, program: filepath.Join(t.TempDir(), "manager")}
	s.environment = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+t.TempDir())
	s.must(t, "apply", "-k", repository+"config/default")
	s.must(t, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", s.program, repository+"cmd/manager")
	if printed, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			fmt.Fprintf(os.Stderr, "the manager's log:\n%s", &s.said)
		}
	})
	return s
}

// run starts the manager.
func (s *stage) run(t *testing.T) {
	t.Helper()
	s.manager = exec.CommandContext(context.WithoutCancel(t.Context()), s.program, "--kubeconfig="+s.cluster.Kubeconfig(), "--health-probe-bind-address=0",
		"--twilio-api-url=http://127.0.0.1:9") // where nobody answers
	s.manager.Stdout, s.manager.Stderr = &s.said, &s.said
	if err := s.manager.Start(); err != nil {
		t.Fatal(err)
	}
}

// stop returns when the manager has ended.
func (s *stage) stop() {
	if s.manager == nil {
		return
	}
	_ = s.manager.Process.Signal(syscall.SIGTERM)
	_ = s.manager.Wait() // how it ended is in its log
	s.manager = nil
}

// kubectl returns what it prints, and the error with which it ends.
func (s *stage) kubectl(t *testing.T, arguments ...string) (printed string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), s.cluster.KubectlPath(), arguments...)
	command.Env = s.environment
	output, err := command.CombinedOutput()
	return string(output), err
}

// must is kubectl where it has to succeed.
func (s *stage) must(t *testing.T, arguments ...string) string {
	t.Helper()
	printed, err := s.kubectl(t, arguments...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, printed)
	}
	return printed
}

// write puts text into a new file, and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// kustomized is what a folder of kustomize gives.
func kustomized(t *testing.T, folder string) string {
	t.Helper()
	printed, err := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "kustomize", folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	return string(printed)
}
