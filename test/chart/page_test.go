package chart_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is YAML or shell on the page.
var block = regexp.MustCompile("(?s)```(sh|yaml)\n(.*?)```\n")

// section is the part of the page under the heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(contentOf(t, page), heading+"\n")
	if !found {
		t.Fatalf("the page has no %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

// follow does in a folder what a section says: its YAML that names itself is written, its shell is run.
func follow(t *testing.T, folder, heading string) {
	t.Helper()
	ran := 0
	for _, of := range block.FindAllStringSubmatch(section(t, heading), -1) {
		if name, content, named := strings.Cut(of[2], "\n"); of[1] == "yaml" && named && strings.HasPrefix(name, "# ") {
			if err := os.WriteFile(filepath.Join(folder, strings.TrimPrefix(name, "# ")), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if of[1] != "sh" {
			continue
		}
		ran++
		// No pods run here, so there is no rollout to wait for.
		script := regexp.MustCompile(`(?m)^kubectl rollout status .*$`).ReplaceAllString(of[2], "")
		path := "PATH=" + filepath.Dir(helmed) + ":" + filepath.Dir(cluster.KubectlPath()) + ":$PATH\n"
		if printed, complaints, err := run(t.Context(), "", "bash", "-euc", "cd "+folder+"\n"+path+script); err != nil {
			t.Fatalf("%s\n%v\n%s%s", script, err, printed, complaints)
		}
	}
	if ran == 0 {
		t.Fatalf("%q has no commands", heading)
	}
}

// The page's commands, in its order.
func TestThePagesCommandsWorkAsTheyStandThere(t *testing.T) {
	folder, err := os.MkdirTemp(dir, "page-")
	if err != nil {
		t.Fatal(err)
	}
	charts, err := filepath.Abs(repository + "charts")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(charts, filepath.Join(folder, "charts")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remove(t, "east")
		remove(t, release)
	})
	follow(t, folder, "# Install by Helm")
	declare(t, "support")
	follow(t, folder, "## In named namespaces")
	follow(t, folder, "## Upgrade and roll back")
	if !isThere(t, "rolebinding/capability-operator", "-n", "sales") {
		t.Error("after all that the operator has no rights in a named namespace")
	}
	follow(t, folder, "## Uninstall")
	if isThere(t, crd) {
		t.Error("the last command left the CRD")
	}
	if _, complaints, err := run(t.Context(), "", cluster.KubectlPath(), "apply", "-k", repository+"config/namespaced"); err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	follow(t, folder, "## From kustomize to Helm")
	remove(t, release)
	follow(t, folder, "## Several releases")
	if !isThere(t, "deployment/east-capability-operator", "-n", home) {
		t.Error("the second release has another name than the page says")
	}
}
