package admission_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestInstallingTwicePassesWithoutAWarning(t *testing.T) {
	const rbac, admission = ".rbac.authorization.k8s.io/capability-operator", ".admissionregistration.k8s.io/capability-operator-"
	printed := mustKubectl(t, "apply", "-k", configFolder+"/default", "--dry-run=server", "--warnings-as-errors")
	want := []string{
		"namespace/" + operatorNamespace, "serviceaccount/capability-operator", "deployment.apps/capability-operator",
		"customresourcedefinition.apiextensions.k8s.io/" + crdName, "customresourcedefinition.apiextensions.k8s.io/" + accountCRDName,
		"clusterrole" + rbac, "clusterrolebinding" + rbac, "clusterrole" + rbac + "-edit", "clusterrole" + rbac + "-view",
		"role" + rbac + "-leader-election", "rolebinding" + rbac + "-leader-election",
		"clusterrole" + rbac + "-metrics", "clusterrolebinding" + rbac + "-metrics", "clusterrole" + rbac + "-metrics-reader",
		"service/capability-operator-metrics",
	}
	for _, policy := range []string{"access-identity", "confinement", "short-lifetime"} {
		want = append(want, "validatingadmissionpolicy"+admission+policy, "validatingadmissionpolicybinding"+admission+policy)
	}
	for i := range want {
		want[i] += " unchanged (server dry run)"
	}
	got := strings.Split(strings.TrimSpace(printed), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("installed are\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEachPartOfTheConfigCanBeAppliedByItself(t *testing.T) {
	for _, part := range []string{"crd", "rbac", "policy", "manager", "confinement", "people", "network-policy", "sharded"} {
		t.Run(part, func(t *testing.T) {
			mustKubectl(t, "apply", "-k", filepath.Join(configFolder, part), "--dry-run=server", "--warnings-as-errors", "--validate=strict")
		})
	}
}

func TestThePodIsOneThatARestrictedNamespaceAdmits(t *testing.T) {
	pods := core.CoreV1().Pods(operatorNamespace)
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	pod := podOfTheManager(t)
	if _, err := pods.Create(t.Context(), pod, dryRun); err != nil {
		t.Error(err)
	}
	for what, loosen := range map[string]func(*corev1.SecurityContext){
		"a root user":          func(c *corev1.SecurityContext) { c.RunAsNonRoot = new(false); c.RunAsUser = new(int64(0)) },
		"privilege escalation": func(c *corev1.SecurityContext) { c.AllowPrivilegeEscalation = new(true) },
		"Linux capabilities":   func(c *corev1.SecurityContext) { c.Capabilities = nil },
		"no system call filter": func(c *corev1.SecurityContext) {
			c.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
		},
	} {
		t.Run("and not with "+what, func(t *testing.T) {
			loose := podOfTheManager(t)
			loosen(loose.Spec.Containers[0].SecurityContext)
			if _, err := pods.Create(t.Context(), loose, dryRun); err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted`) {
				t.Errorf("the namespace admits it: %v", err)
			}
		})
	}
}

func TestTheManagerIsFencedInAsDeclared(t *testing.T) {
	pod := podOfTheManager(t)
	container := pod.Spec.Containers[0]
	if !*container.SecurityContext.ReadOnlyRootFilesystem {
		t.Error("the root file system can be written to")
	}
	if user := *pod.Spec.SecurityContext.RunAsUser; user != 65532 {
		t.Errorf("it runs as user %d", user)
	}
	requests, limits := container.Resources.Requests, container.Resources.Limits
	if requests.Cpu().IsZero() || requests.Memory().IsZero() || limits.Memory().IsZero() {
		t.Errorf("resources are not set: %v", container.Resources)
	}
	if !limits.Cpu().IsZero() {
		t.Errorf("a limit on CPU delays renewals: %v", limits)
	}
	account, err := core.CoreV1().ServiceAccounts(operatorNamespace).Get(t.Context(), pod.Spec.ServiceAccountName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if *account.AutomountServiceAccountToken || !*pod.Spec.AutomountServiceAccountToken {
		t.Error("other pods get the operator's credentials, or the operator does not")
	}
}

// An overlay is how users choose an image and a namespace of their own.
func TestAnOverlayChangesTheImageAndTheNamespaceEverywhere(t *testing.T) {
	base, err := filepath.Abs(configFolder + "/default")
	if err != nil {
		t.Fatal(err)
	}
	overlay := t.TempDir()
	if base, err = filepath.Rel(overlay, base); err != nil {
		t.Fatal(err)
	}
	kustomization := "namespace: voice\nresources: [" + base + "]\nimages: [{name: capability-operator, newName: example.com/voice, newTag: v1}]\n"
	if err := os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := mustKubectl(t, "kustomize", overlay)
	if got := strings.Count(printed, operatorNamespace); got != 0 {
		t.Errorf("the namespace %s is left in %d places", operatorNamespace, got)
	}
	if !strings.Contains(printed, "image: example.com/voice:v1\n") {
		t.Error("the image is not the overlay's")
	}
}

func podOfTheManager(t *testing.T) *corev1.Pod {
	t.Helper()
	deployment, err := core.AppsV1().Deployments(operatorNamespace).Get(t.Context(), "capability-operator", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	template := deployment.Spec.Template
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: deployment.Name + "-", Labels: template.Labels},
		Spec:       template.Spec,
	}
}
