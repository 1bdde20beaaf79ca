package admission_test

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestKubectlGetShowsTheTokensState(t *testing.T) {
	namespace := newNamespace(t)
	if _, err := declare(t, namespace, "tommy", with(`ttl: 1h`)); err != nil {
		t.Fatal(err)
	}
	status := `{"status": {
	  "token": {"issuedAt": "2031-05-01T10:00:00Z", "expiresAt": "2031-05-01T11:00:00Z", "renewsAt": "2031-05-01T10:40:00Z"},
	  "conditions": [{"type": "Ready", "status": "True", "reason": "TokenValid", "message": "",
	                  "lastTransitionTime": "2031-05-01T10:00:00Z"}]}}`
	_, err := objects.Resource(clientCapabilities).Namespace(namespace).
		Patch(t.Context(), "tommy", types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	if err != nil {
		t.Fatal(err)
	}
	wantColumns := []string{"NAME", "READY", "CLIENT", "EXPIRES", "RENEWS", "REASON", "AGE"}
	// Times in the future are printed as they are: a column of type date prints <invalid> for them.
	wantRow := []string{"tommy", "True", "tommy", "2031-05-01T11:00:00Z", "2031-05-01T10:40:00Z", "TokenValid"}
	for name, shown := range map[string]string{
		"ccap": "tommy", "clientcapability": "tommy", "clientcapabilities": "tommy",
		// The category has two kinds, so kubectl says of which each object is.
		"twilio": "clientcapability." + v1alpha1.GroupName + "/tommy",
	} {
		t.Run("as "+name, func(t *testing.T) {
			columns, rows, _ := strings.Cut(mustKubectl(t, "get", name, "-n", namespace), "\n")
			wantRow[0] = shown
			if got := strings.Fields(columns); !slices.Equal(got, wantColumns) {
				t.Errorf("the columns are %q and not %q", got, wantColumns)
			}
			if got := strings.Fields(rows); len(got) != len(wantColumns) || !slices.Equal(got[:len(wantRow)], wantRow) {
				t.Errorf("the row is %q and not %q with an age", got, wantRow)
			}
		})
	}
}

func TestKubectlWaitsForATokenByItsCondition(t *testing.T) {
	namespace := newNamespace(t)
	if _, err := declare(t, namespace, "tommy", with(`ttl: 1h`)); err != nil {
		t.Fatal(err)
	}
	ready := []byte(`{"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "TokenValid", "message": "",
	  "observedGeneration": 1, "lastTransitionTime": "2031-05-01T10:00:00Z"}]}}`)
	_, err := objects.Resource(clientCapabilities).Namespace(namespace).
		Patch(t.Context(), "tommy", types.MergePatchType, ready, metav1.PatchOptions{}, "status")
	if err != nil {
		t.Fatal(err)
	}
	mustKubectl(t, "wait", "ccap/tommy", "-n", namespace, "--for=condition=Ready", "--timeout=10s")
}
