package admission_test

import (
	"encoding/json"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestWhatIsLeftOutIsStoredWithItsDefault(t *testing.T) {
	for name, c := range map[string]struct{ spec, stored string }{
		"a declaration of the least": {
			spec:   `{accountRef: {name: twilio}, clientName: tommy, incoming: true}`,
			stored: `{"accountRef": {"name": "twilio", "kind": "Secret"}, "clientName": "tommy", "incoming": true, "delivery": "Secret", "tokenType": "Capability", "ttl": "1h"}`,
		},
		"an outgoing one": {
			spec: `{accountRef: {name: twilio}, outgoing: {applicationSID: AP0123456789abcdef0123456789abcdef}}`,
			stored: `{"accountRef": {"name": "twilio", "kind": "Secret"},
			          "outgoing": {"applicationSID": "AP0123456789abcdef0123456789abcdef"}, "delivery": "Secret", "tokenType": "Capability", "ttl": "1h"}`,
		},
		"one with tokens on demand": {
			spec: with(`delivery: OnDemand, onDemand: {clientNamePattern: anna}`),
			stored: `{"accountRef": {"name": "twilio", "kind": "Secret"}, "clientName": "tommy", "incoming": true, "delivery": "OnDemand",
			          "onDemand": {"clientNamePattern": "anna"}, "tokenType": "Capability", "ttl": "1h"}`,
		},
		"one with a Secret": {
			spec: with(`ttl: 30s, secret: {name: tommy-token}`),
			stored: `{"accountRef": {"name": "twilio", "kind": "Secret"}, "clientName": "tommy", "incoming": true, "delivery": "Secret", "tokenType": "Capability", "ttl": "30s",
			          "secret": {"name": "tommy-token", "key": "token", "deletionPolicy": "Delete"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := newNamespace(t)
			created, err := declare(t, namespace, "tommy", c.spec)
			if err != nil {
				t.Fatal(err)
			}
			stored := readTommy(t, namespace)
			for how, object := range map[string]*unstructured.Unstructured{"answered": created, "stored": stored} {
				if got, want := compact(t, object.Object["spec"]), reformatted(t, c.stored); got != want {
					t.Errorf("%s is\n%s\nand not\n%s", how, got, want)
				}
				if got := compact(t, object.Object["status"]); got != `{"observedGeneration":-1}` {
					t.Errorf("the status %s is %s", how, got)
				}
			}
		})
	}
}

// A typed client sends the zero value of what it leaves unset only where that is not omitted.
func TestATypedDeclarationIsStoredAsAWrittenOne(t *testing.T) {
	namespace := newNamespace(t)
	typed := &v1alpha1.ClientCapability{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: "tommy"},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: "twilio"}, ClientName: "tommy", Incoming: true,
		},
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = objects.Resource(clientCapabilities).Namespace(namespace).Create(t.Context(),
		&unstructured.Unstructured{Object: content}, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatal(err)
	}
	stored := readTommy(t, namespace)
	want := `{"accountRef":{"kind":"Secret","name":"twilio"},"clientName":"tommy","delivery":"Secret","incoming":true,"tokenType":"Capability","ttl":"1h"}`
	if got := compact(t, stored.Object["spec"]); got != want {
		t.Errorf("stored is\n%s\nand not\n%s", got, want)
	}
	if got := compact(t, stored.Object["status"]); got != `{"observedGeneration":-1}` {
		t.Errorf("the status stored is %s", got)
	}
}

func TestAStatusIsWrittenThroughItsSubresourceAlone(t *testing.T) {
	namespace := newNamespace(t)
	created, err := declare(t, namespace, "tommy", with(`suspend: false`))
	if err != nil {
		t.Fatal(err)
	}
	patch := []byte(`{"status": {"observedGeneration": 1, "secretName": "tommy"}}`)
	client := objects.Resource(clientCapabilities).Namespace(namespace)
	if _, err := client.Patch(t.Context(), "tommy", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := compact(t, readTommy(t, namespace).Object["status"]); got != `{"observedGeneration":-1}` {
		t.Errorf("a user wrote the status %s", got)
	}
	if _, err := client.Patch(t.Context(), "tommy", types.MergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	patched := readTommy(t, namespace)
	if got := compact(t, patched.Object["status"]); got != `{"observedGeneration":1,"secretName":"tommy"}` {
		t.Errorf("the operator wrote the status %s", got)
	}
	if patched.GetGeneration() != created.GetGeneration() {
		t.Errorf("a status changed the generation from %d to %d", created.GetGeneration(), patched.GetGeneration())
	}
}

func readTommy(t *testing.T, namespace string) *unstructured.Unstructured {
	t.Helper()
	object, err := objects.Resource(clientCapabilities).Namespace(namespace).Get(t.Context(), "tommy", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func compact(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func reformatted(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return compact(t, value)
}
