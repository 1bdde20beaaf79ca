package gitops_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// patched is what an overlay of a user's own gives, with one of our components over one
// manifest of theirs.
func patched(t *testing.T, component, manifest string) string {
	t.Helper()
	folder := t.TempDir()
	checkout, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(checkout, filepath.Join(folder, "capability-operator")); err != nil {
		t.Fatal(err)
	}
	overlay := fmt.Sprintf("resources: [theirs.yaml]\ncomponents: [../capability-operator/%s]\n", component)
	if err := os.Mkdir(filepath.Join(folder, "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"kustomization.yaml": overlay, "theirs.yaml": manifest} {
		if err := os.WriteFile(filepath.Join(folder, "mine", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return kustomized(t, filepath.Join(folder, "mine"))
}

func TestTheComponentForArgoAddsBothScriptsAndLeavesTheRest(t *testing.T) {
	got := objects(t, patched(t, "config/gitops/argocd", `
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
data: {url: "https://argocd.example.com"}
`))
	if len(got) != 1 || got[0].GetNamespace() != "argocd" || got[0].GetLabels()["app.kubernetes.io/part-of"] != "argocd" {
		t.Fatalf("it gives %v", got)
	}
	data, ok := got[0].Object["data"].(map[string]any)
	if !ok || len(data) != 3 || data["url"] != "https://argocd.example.com" {
		t.Fatalf("the data are %v", got[0].Object["data"])
	}
	for kind, script := range argoScripts(t) {
		if data["resource.customizations.health."+v1alpha1.GroupName+"_"+kind] != script {
			t.Errorf("the script for %s is another", kind)
		}
	}
}

func TestTheComponentForFluxAddsItsExpressionsToAnyKustomization(t *testing.T) {
	got := objects(t, patched(t, "config/gitops/flux", `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: voice, namespace: flux-system}
spec: {interval: 10m, path: ./voice, prune: true, sourceRef: {kind: GitRepository, name: fleet}}
`))
	if len(got) != 1 || got[0].GetName() != "voice" {
		t.Fatalf("it gives %v", got)
	}
	spec, ok := got[0].Object["spec"].(map[string]any)
	if !ok || spec["path"] != "./voice" || spec["wait"] != true {
		t.Fatalf("the spec is %v", got[0].Object["spec"])
	}
	if checks, ok := spec["healthCheckExprs"].([]any); !ok || len(checks) != 2 {
		t.Errorf("the expressions are %v", spec["healthCheckExprs"])
	}
	if strings.Contains(fmt.Sprint(got), "of-any-name") {
		t.Error("the patch's own name got into it")
	}
}
