package gitops_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// argoStatuses are all that Argo CD knows; another is an error to it.
var argoStatuses = []string{"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"}

// argoScripts are the scripts of config/gitops/argocd, by kind, under the keys that Argo CD looks for.
func argoScripts(t *testing.T) map[string]string {
	t.Helper()
	var patch struct{ Data map[string]string }
	if err := yaml.Unmarshal([]byte(read(t, "config/gitops/argocd/argocd-cm.yaml")), &patch); err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{}
	for key, script := range patch.Data {
		scripts[strings.TrimPrefix(key, "resource.customizations.health."+v1alpha1.GroupName+"_")] = script
	}
	if kinds := slices.Sorted(maps.Keys(scripts)); !slices.Equal(kinds, []string{v1alpha1.Kind, v1alpha1.ClusterAccountKind}) {
		t.Fatalf("there are scripts for %q", kinds)
	}
	return scripts
}

// runLua runs a script as Argo CD does, with what it gives scripts to use: the base and
// table libraries, and a second of time.
func runLua(t *testing.T, script string, object *unstructured.Unstructured) (health, message string) {
	t.Helper()
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", asLua(t, state, object.Object))
	if err := state.DoString(script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	result, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script returns %s", state.Get(-1).Type())
	}
	health, message = lua.LVAsString(result.RawGetString("status")), lua.LVAsString(result.RawGetString("message"))
	if !slices.Contains(argoStatuses, health) || message == "" {
		t.Errorf("Argo CD knows no %q, or there is no message: %q", health, message)
	}
	return health, message
}

func asLua(t *testing.T, state *lua.LState, value any) lua.LValue {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return lua.LNil
	case bool:
		return lua.LBool(v)
	case string:
		return lua.LString(v)
	case int64:
		return lua.LNumber(v)
	case []any:
		table := state.NewTable()
		for _, item := range v {
			table.Append(asLua(t, state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range v {
			table.RawSetString(key, asLua(t, state, item))
		}
		return table
	}
	t.Fatalf("%T is in no object", value)
	return nil
}

func TestArgoSaysWhatStandsInTheWay(t *testing.T) {
	scripts := argoScripts(t)
	for state, words := range map[string]string{
		"AccountNotFound":        "kubectl label",
		"RenewalFailing":         "The token lives, but renewals fail. AccountNotFound",
		"SecretNotOwned":         "SecretNotOwned: ",
		"ClusterAccount-Refused": "Refused: ",
		"Suspended":              "spec.suspend",
		"Pending":                "not seen",
	} {
		object := document(t, state)
		if _, got := runLua(t, scripts[object.GetKind()], object); !strings.Contains(got, words) {
			t.Errorf("of %s it says %q, without %q", state, got, words)
		}
	}
}

func TestArgoBearsAnObjectWithoutStatus(t *testing.T) { // as in a preview of what is to be applied
	scripts := argoScripts(t)
	for _, state := range []string{"TokenValid", "ClusterAccount-Accepted"} {
		object := document(t, state)
		unstructured.RemoveNestedField(object.Object, "status")
		if got, _ := runLua(t, scripts[object.GetKind()], object); got != "Progressing" {
			t.Errorf("it says %s", got)
		}
	}
}
