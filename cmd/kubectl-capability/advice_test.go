package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// explained is what explain says to programs, as far as tests look at it.
type explained struct {
	Health struct {
		Ready, Fault bool
		Reason       string
	} `json:"health"`
	Advice struct {
		Steps []struct{ Do, Command string } `json:"steps"`
	} `json:"advice"`
}

func (w *world) explained() explained {
	w.t.Helper()
	var e explained
	if err := json.Unmarshal([]byte(w.call("explain tommy -o json -n "+w.namespace).out), &e); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// mustBe wants tommy to be in the state that a transcript is to show.
func (w *world) mustBe(reason string) {
	w.t.Helper()
	if e := w.explained(); e.Health.Reason != reason {
		w.t.Fatalf("the reason is %+v, want %s", e.Health, reason)
	}
}

// checkAdvice does as the advice says: its commands are right, and those that are to
// mend do.
func (w *world) checkAdvice(s state) {
	w.t.Helper()
	e := w.explained()
	shell := w.shell()
	for _, step := range s.mends {
		shell(e.Advice.Steps[step].Command)
	}
	if len(s.mends) > 0 {
		w.pass()
		if after := w.explained(); !after.Health.Ready || after.Health.Fault {
			w.t.Errorf("the advice does not mend it: %+v", after.Health)
		}
		return
	}
	for _, step := range e.Advice.Steps {
		if step.Command != "" && !strings.Contains(step.Command, "deployment/") && !strings.HasPrefix(step.Command, "kubectl capability token") { // which are not there
			shell(step.Command)
		}
	}
}

// shell runs commands by bash, with the API server's own kubectl and this program as
// its plugin, in a folder that has what the advice speaks of.
func (w *world) shell() func(command string) {
	w.t.Helper()
	folder, self := w.t.TempDir(), must(os.Executable())
	plugin := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, self)
	for name, content := range map[string]string{
		"kubectl-capability": plugin,
		"twilio.env":         "TWILIO_ACCOUNT_SID=" + accountSID + "\nTWILIO_AUTH_TOKEN=" + authToken + "\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.Symlink(cluster.KubectlPath(), filepath.Join(folder, "kubectl")); err != nil {
		w.t.Fatal(err)
	}
	return func(command string) {
		w.t.Helper()
		bash := exec.CommandContext(w.t.Context(), "bash", "-c", command)
		bash.Dir = folder
		bash.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"), "KUBECONFIG="+w.as, "KUBECACHEDIR="+folder, "KUBE_EDITOR=true")
		said, err := bash.CombinedOutput()
		w.mustKeepSecrets(string(said))
		refusal := strings.Contains(command, "--dry-run=server") && strings.Contains(string(said), "denied request") // which is what it shows
		if err != nil && bash.ProcessState.ExitCode() != exitFault && !refusal {
			w.t.Errorf("%s: %v\n%s", command, err, said)
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// storedBeforeTheRule stores an object that today's rules refuse, as one that was there
// before they were.
func (w *world) storedBeforeTheRule(object client.Object) {
	w.t.Helper()
	definition := &unstructured.Unstructured{}
	definition.SetAPIVersion("apiextensions.k8s.io/v1")
	definition.SetKind("CustomResourceDefinition")
	definition.SetName("clientcapabilities." + v1alpha1.GroupName)
	if err := w.api.Get(w.t.Context(), client.ObjectKeyFromObject(definition), definition); err != nil {
		w.t.Fatal(err)
	}
	path := "/spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations"
	versions, _, err := unstructured.NestedSlice(definition.Object, "spec", "versions")
	if err != nil {
		w.t.Fatal(err)
	}
	rules, _, err := unstructured.NestedSlice(versions[0].(map[string]any), "schema", "openAPIV3Schema", "properties", "spec", "x-kubernetes-validations")
	if err != nil || len(rules) == 0 {
		w.t.Fatalf("the rules are %v, %v", rules, err)
	}
	patch := func(operation map[string]any) {
		w.t.Helper()
		raw := must(json.Marshal([]map[string]any{operation}))
		if err := w.api.Patch(w.t.Context(), definition, client.RawPatch(types.JSONPatchType, raw)); err != nil {
			w.t.Fatal(err)
		}
	}
	patch(map[string]any{"op": "remove", "path": path})
	w.eventually("the rule is gone", func() bool { return w.api.Create(w.t.Context(), object) == nil })
	patch(map[string]any{"op": "add", "path": path, "value": rules})
	w.eventually("the rule is back", func() bool {
		other := object.DeepCopyObject().(client.Object)
		other.SetName("another")
		other.SetResourceVersion("")
		return w.api.Create(w.t.Context(), other, client.DryRunAll) != nil
	})
}
