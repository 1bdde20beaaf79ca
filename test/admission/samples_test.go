package admission_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

func TestApplyingTheSamplesTwiceChangesNothing(t *testing.T) {
	for how, flags := range map[string][]string{
		"on the client's side": nil,
		"on the server's side": {"--server-side"},
	} {
		t.Run(how, func(t *testing.T) {
			namespace := newNamespace(t)
			apply := append([]string{"apply", "-k", configFolder + "/samples", "-n", namespace}, flags...)
			applySamples(t, namespace, flags...)
			first := versions(t, namespace)
			if len(first) != 3 {
				t.Errorf("the samples are %v, and not an account and two declarations", first)
			}
			reportOnce(t, namespace)
			first = versions(t, namespace)
			mustKubectl(t, apply...)
			if second := versions(t, namespace); !maps.Equal(first, second) {
				t.Errorf("applied once: %v; applied twice: %v", first, second)
			}
		})
	}
}

// applySamples applies them for the first time. Their lifetimes are short, for those who want to watch a renewal, and that
// is said; it is all that is said.
func applySamples(t *testing.T, namespace string, flags ...string) {
	t.Helper()
	_, complaints, err := kubectl(t.Context(), append([]string{"apply", "-k", configFolder + "/samples", "-n", namespace}, flags...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	if lines := strings.Count(complaints, "\n"); lines != 2 || strings.Count(complaints, "Warning: "+saidBy+"the token is renewed only ") != 2 {
		t.Errorf("kubectl says of the samples:\n%s", complaints)
	}
}

// reportOnce writes each status as the operator does first of all. The API server shows a status by default, and stores
// it only with the first write after the creation, which would therefore change the resource version.
func reportOnce(t *testing.T, namespace string) {
	t.Helper()
	for _, name := range []string{"tommy", "support"} {
		_, err := objects.Resource(clientCapabilities).Namespace(namespace).Patch(t.Context(), name,
			types.MergePatchType, []byte(`{"status": {"observedGeneration": 1}}`), metav1.PatchOptions{}, "status")
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A GitOps tool compares what it applied with what is stored: a default that the server added must not look like a change.
func TestKubectlDiffOfAppliedSamplesIsEmpty(t *testing.T) {
	namespace := newNamespace(t)
	applySamples(t, namespace, "--server-side")
	if diff := mustKubectl(t, "diff", "-k", configFolder+"/samples", "-n", namespace, "--server-side"); diff != "" {
		t.Error(diff)
	}
}

// versions are the generation and the resource version of each sample object.
func versions(t *testing.T, namespace string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, resource := range []schema.GroupVersionResource{clientCapabilities, {Version: "v1", Resource: "secrets"}} {
		list, err := objects.Resource(resource).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range list.Items {
			found[name(object)] = fmt.Sprintf("generation %d, version %s", object.GetGeneration(), object.GetResourceVersion())
		}
	}
	return found
}

func name(object unstructured.Unstructured) string { return object.GetKind() + " " + object.GetName() }
