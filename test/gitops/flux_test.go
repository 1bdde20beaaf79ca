package gitops_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const repository = "../../"

// check is an entry of healthCheckExprs.
type check struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Current    string `json:"current"`
	Failed     string `json:"failed"`
	InProgress string `json:"inProgress"`
}

// fluxExpressions are those of config/gitops/flux, by kind.
func fluxExpressions(t *testing.T) map[string]check {
	t.Helper()
	var patch struct {
		Spec struct {
			HealthCheckExprs []check `json:"healthCheckExprs"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "config/gitops/flux/health_check_exprs.yaml")), &patch); err != nil {
		t.Fatal(err)
	}
	checks := map[string]check{}
	for _, c := range patch.Spec.HealthCheckExprs {
		if c.APIVersion != v1alpha1.GroupVersion.String() {
			t.Errorf("an expression is for %s", c.APIVersion)
		}
		checks[c.Kind] = c
	}
	if kinds := slices.Sorted(maps.Keys(checks)); !slices.Equal(kinds, []string{v1alpha1.Kind, v1alpha1.ClusterAccountKind}) {
		t.Fatalf("there are expressions for %q", kinds)
	}
	return checks
}

// read evaluates the expressions as Flux does (its RFC 9, and fluxcd/pkg/runtime/cel):
// parsed and not type-checked, over the object's own fields; an older observed generation
// is in progress; then inProgress, failed and current are asked, in this order, and what
// is none of them is in progress.
func (c check) read(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	if seen, ok, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration"); ok && seen != object.GetGeneration() {
		return "InProgress"
	}
	for _, asked := range []struct{ expression, result string }{{c.InProgress, "InProgress"}, {c.Failed, "Failed"}, {c.Current, "Current"}} {
		if evaluate(t, asked.expression, object) {
			return asked.result
		}
	}
	return "InProgress"
}

func evaluate(t *testing.T, expression string, object *unstructured.Unstructured) bool {
	t.Helper()
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.EagerlyValidateDeclarations(true), cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(), ext.Strings(), ext.Sets(), ext.Encoders(),
	)
	if err != nil {
		t.Fatal(err)
	}
	parsed, issues := env.Parse(expression)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", expression, issues.Err())
	}
	program, err := env.Program(parsed, cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(100))
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := program.ContextEval(t.Context(), object.Object)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	answer, ok := result.(types.Bool)
	if !ok {
		t.Fatalf("%s gives %v", expression, result)
	}
	return bool(answer)
}

// read is a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	return file(t, filepath.Join(repository, path))
}

func file(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
