//go:build e2e

package e2e_test

import (
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// testRestricted takes the manifests as they are, whatever was installed for this cluster's sake.
func testRestricted(t *testing.T) {
	for _, folder := range []string{"config/default", "config/ondemand"} {
		t.Run(folder, func(t *testing.T) {
			namespace := newNamespace(t, "restricted")
			unpatched := strings.ReplaceAll(mustKubectl(t, "", "kustomize", repository+folder), operatorNamespace, namespace)
			mustKubectl(t, unpatched, "apply", "--dry-run=server", "--warnings-as-errors", "-f", "-")

			// Pod security warns of a Deployment, and refuses a pod.
			pod := podOf(t, unpatched)
			pod.Namespace = namespace
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pod.Spec.ServiceAccountName}}
			if err := objects.Create(t.Context(), account); err != nil {
				t.Fatal(err)
			}
			if err := objects.Create(t.Context(), pod.DeepCopy(), client.DryRunAll); err != nil {
				t.Error(err)
			}
			pod.Spec.HostNetwork = true
			err := objects.Create(t.Context(), pod, client.DryRunAll)
			if err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted`) {
				t.Errorf("the namespace admits a pod on the host's network: %v", err)
			}
		})
	}
}

func podOf(t *testing.T, manifests string) *corev1.Pod {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := yaml.UnmarshalStrict([]byte(documentOf(t, manifests, "Deployment")), deployment); err != nil {
		t.Fatal(err)
	}
	template := deployment.Spec.Template
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: deployment.Name + "-", Labels: template.Labels}, Spec: template.Spec}
}

// testPolicyTypes asks the cluster, which checks the types of every policy's expressions by the schema of what it judges.
func testPolicyTypes(t *testing.T) {
	policies := &admissionregistrationv1.ValidatingAdmissionPolicyList{}
	err := objects.List(t.Context(), policies, client.MatchingLabels{"app.kubernetes.io/part-of": "capability-operator"})
	if err != nil {
		t.Fatal(err)
	}
	if len(policies.Items) == 0 {
		t.Error("no policy is installed")
	}
	for _, policy := range policies.Items {
		if policy.Status.ObservedGeneration != policy.Generation || policy.Status.TypeChecking == nil {
			t.Errorf("%s was not checked", policy.Name)
			continue
		}
		for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
			t.Errorf("%s: %s: %s", policy.Name, warning.FieldRef, warning.Warning)
		}
	}
}
