package admission_test

import (
	"context"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/yaml"
)

const softphoneFolder = "../../examples/softphone"

func TestTheSoftphoneIsAdmittedUnderPodSecurityRestricted(t *testing.T) {
	namespace := newRestrictedNamespace(t)
	mustKubectl(t, "apply", "--dry-run=server", "--warnings-as-errors", "-n", namespace, "-k", softphoneFolder)

	// Pod security warns of a Deployment, and refuses a pod.
	mustKubectl(t, "create", "serviceaccount", "softphone", "-n", namespace)
	pod := softphonePod(t)
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	if _, err := core.CoreV1().Pods(namespace).Create(t.Context(), pod, dryRun); err != nil {
		t.Error(err)
	}
	pod.Spec.HostNetwork = true
	_, err := core.CoreV1().Pods(namespace).Create(t.Context(), pod, dryRun)
	if err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted`) {
		t.Errorf("the namespace admits a pod on the host's network: %v", err)
	}
}

// What the softphone may do is to ask for tokens of one ClientCapability.
func TestTheSoftphonesServiceAccountMayAskForTokensOfAgentsAlone(t *testing.T) {
	namespace := newNamespace(t)
	mustKubectl(t, "apply", "-n", namespace, "-k", softphoneFolder)
	const group = "tokens.voice.capability-operator.io"
	asks := authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "create", Group: group, Resource: "clientcapabilities", Subresource: "token", Name: "agents"}
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 10*time.Second, true,
		func(ctx context.Context) (bool, error) { return softphoneMay(ctx, asks) }) // the API server sees a new binding a moment later
	if err != nil {
		t.Fatalf("it may not ask for tokens of agents: %v", err)
	}
	other, verb := asks, asks
	other.Name, verb.Verb = "tommy", "get"
	secrets := authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "get", Resource: "secrets", Name: "tommy"}
	declared := authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "get", Group: clientCapabilities.Group, Resource: "clientcapabilities"}
	for _, refused := range []authorizationv1.ResourceAttributes{other, verb, secrets, declared} {
		if may, err := softphoneMay(t.Context(), refused); may || err != nil {
			t.Errorf("it may %+v (%v)", refused, err)
		}
	}
}

func softphoneMay(ctx context.Context, what authorizationv1.ResourceAttributes) (bool, error) {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + what.Namespace + ":softphone", ResourceAttributes: &what,
	}}
	review, err := core.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

func newRestrictedNamespace(t *testing.T) string {
	t.Helper()
	namespace, err := core.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "admission-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}

func softphonePod(t *testing.T) *corev1.Pod {
	t.Helper()
	for document := range strings.SplitSeq(mustKubectl(t, "kustomize", softphoneFolder), "\n---\n") {
		if !strings.Contains(document, "\nkind: Deployment\n") {
			continue
		}
		deployment := &appsv1.Deployment{}
		if err := yaml.UnmarshalStrict([]byte(document), deployment); err != nil {
			t.Fatal(err)
		}
		template := deployment.Spec.Template
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "softphone-", Labels: template.Labels}, Spec: template.Spec}
	}
	t.Fatal("the manifests have no Deployment")
	return nil
}
