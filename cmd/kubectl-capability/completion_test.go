package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestAShellIsOfferedWhatThereIs(t *testing.T) {
	w := newWorld(t)
	w.issued()
	w.create(w.declaration(func(c *v1alpha1.ClientCapability) { c.Name = "desk" }))
	in := " -n " + w.namespace
	for typed, want := range map[string]struct{ offered, not string }{
		"__complete explain" + in + " ":         {"desk\ntommy\n", "twilio"},
		"__complete renew" + in + " tommy ":     {"desk\n", "tommy"},
		"__complete explain" + in + " tommy ":   {"", "desk"},
		"__complete list -o ":                   {"wide\njson\nyaml\n", "table"},
		"__complete explain -o ":                {"json\nyaml\n", "wide"},
		"__complete list -n ":                   {w.namespace + "\n", "tommy"},
		"__complete list --context ":            {"\n", "tommy"},
		"__complete ":                           {"accounts\t", "demo"},
		"__complete explain --as somebody" + in: {"", "tommy"},
	} {
		// The last word may be empty, which a shell hands over as such.
		args := strings.Split(typed, " ")
		command := append([]string{args[0], "--kubeconfig=" + w.as}, args[1:]...)
		got := w.callExactly(command)
		if !strings.Contains(got, want.offered) || strings.Contains(got, want.not) {
			t.Errorf("%q offers %q", typed, got)
		}
	}
}

// TestKubectlCompletesThePlugin does what docs/kubectl-capability.md says.
func TestKubectlCompletesThePlugin(t *testing.T) {
	w := newWorld(t)
	w.issued()
	folder := t.TempDir()
	script := blockWith(t, "kubectl_complete-capability")
	command := exec.CommandContext(t.Context(), "bash", "-euc", "cd "+folder+"; HOME="+folder+"; mkdir -p bin; "+strings.ReplaceAll(script, "/usr/local/bin", folder+"/bin"))
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	self := must(os.Executable())
	plugin := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, self)
	if err := os.WriteFile(filepath.Join(folder, "bin", "kubectl-capability"), []byte(plugin), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(cluster.KubectlPath(), filepath.Join(folder, "bin", "kubectl")); err != nil {
		t.Fatal(err)
	}
	kubectl := exec.CommandContext(t.Context(), filepath.Join(folder, "bin", "kubectl"), "__complete", "capability", "explain", "-n", w.namespace, "")
	kubectl.Env = append(os.Environ(), "PATH="+folder+"/bin:"+os.Getenv("PATH"), "KUBECONFIG="+w.as, "KUBECACHEDIR="+folder)
	said, err := kubectl.Output()
	if err != nil || !strings.Contains(string(said), "tommy\n") {
		t.Errorf("kubectl offers %q: %v", said, err)
	}
}
