package admission_test

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// lend sends a ClusterAccount whose spec is written as YAML, with the strict check of fields that kubectl asks for. It has
// a name that no other test's has, and goes with the test: one that stayed would be in the way of those that list them.
func lend(t *testing.T, spec string) (*unstructured.Unstructured, error) {
	t.Helper()
	account := written(t, v1alpha1.ClusterAccountKind, "ignored", spec)
	account.SetName("")
	account.SetGenerateName("production-")
	created, err := objects.Resource(clusterAccounts).Create(t.Context(), account,
		metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err == nil {
		goesWith(t, created.GetName())
	}
	return created, err
}

// goesWith deletes a ClusterAccount when the test is over.
func goesWith(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() {
		if err := objects.Resource(clusterAccounts).Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func mustLend(t *testing.T, spec string) *unstructured.Unstructured {
	t.Helper()
	account, err := lend(t, spec)
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// lending is a spec that would be admitted, and these fields.
func lending(fields string) string {
	return `{secretRef: {namespace: voice-platform, name: twilio}, ` + fields + `}`
}

// limited is one with those limits, and allowing one that allows those namespaces.
func limited(limits string) string      { return lending(`limits: {` + limits + `}`) }
func allowing(namespaces string) string { return lending(`allowedNamespaces: {` + namespaces + `}`) }

func refuseAccounts(t *testing.T, refusals []refusal) {
	refuseEach(t, refusals, func(t *testing.T, spec string) error {
		t.Helper()
		_, err := lend(t, spec)
		return err
	})
}
