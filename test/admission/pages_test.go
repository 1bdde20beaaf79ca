package admission_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What users copy from a page is taken as it stands, without a warning.
func TestTheExamplesOfThePagesAreAdmitted(t *testing.T) {
	for _, name := range []string{"voice-platform", "support"} { // which the examples speak of
		_, err := core.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	manifest := regexp.MustCompile("(?ms)^```yaml\n(apiVersion:.*?\n)```")
	for page, least := range map[string]int{"clientcapability.md": 1, "clusteraccount.md": 2, "access-tokens.md": 1} {
		content, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for i, match := range manifest.FindAllStringSubmatch(string(content), -1) {
			if !strings.Contains(match[1], "kind: Cl") || strings.Contains(match[1], "…") {
				continue // what the operator writes is shown too
			}
			found++
			t.Run(fmt.Sprintf("%s %d", page, i), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "example.yaml")
				if err := os.WriteFile(file, []byte(match[1]), 0o600); err != nil {
					t.Fatal(err)
				}
				mustKubectl(t, "apply", "-f", file, "--dry-run=server", "--validate=strict")
			})
		}
		if found < least {
			t.Errorf("%s has only %d examples", page, found)
		}
	}
}
