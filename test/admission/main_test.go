package admission_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	configFolder      = "../../config"
	operatorNamespace = "capability-operator-system"
	crdName           = "clientcapabilities." + v1alpha1.GroupName
	accountCRDName    = "clusteraccounts." + v1alpha1.GroupName
)

var (
	cluster *controlplane.Cluster
	objects dynamic.Interface
	core    kubernetes.Interface
	home    string // of kubectl: the user's own preferences and caches stay out of the tests

	clientCapabilities = v1alpha1.GroupVersion.WithResource("clientcapabilities")
	clusterAccounts    = v1alpha1.GroupVersion.WithResource("clusteraccounts")
)

func TestMain(m *testing.M) { os.Exit(controlplane.Main(m, installedControlPlane)) }

func installedControlPlane(ctx context.Context) (stop func() error, err error) {
	stop = func() error { return nil }
	if cluster, err = controlplane.Start(ctx, controlplane.Options{}); err != nil {
		return stop, err
	}
	stop = cluster.Stop
	if home, err = os.MkdirTemp("", "capability-operator-kubectl-"); err != nil {
		return stop, err
	}
	stop = func() error { defer os.RemoveAll(home); return cluster.Stop() }
	quiet := rest.CopyConfig(cluster.Config)
	quiet.WarningHandler = rest.NoWarnings{} // a short lifetime is warned of, in other tests
	if objects, err = dynamic.NewForConfig(quiet); err != nil {
		return stop, err
	}
	if core, err = kubernetes.NewForConfig(cluster.Config); err != nil {
		return stop, err
	}
	for _, step := range [][]string{
		{"apply", "-k", configFolder + "/default"},
		{"wait", "--for=condition=Established", "--timeout=30s", "crd/" + crdName, "crd/" + accountCRDName},
	} {
		if _, complaints, err := kubectl(ctx, step...); err != nil {
			return stop, fmt.Errorf("kubectl %s: %w\n%s", strings.Join(step, " "), err, complaints)
		}
	}
	return stop, awaitPolicies(ctx)
}

// kubectl runs the kubectl of the API server's own version and returns what it printed as output and as complaints.
func kubectl(ctx context.Context, args ...string) (printed, complaints string, err error) {
	command := exec.CommandContext(ctx, cluster.KubectlPath(), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+home,
		"KUBECACHEDIR="+filepath.Join(home, "cache"))
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

func mustKubectl(t *testing.T, args ...string) string {
	t.Helper()
	printed, complaints, err := kubectl(t.Context(), args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, complaints)
	}
	if complaints != "" {
		t.Errorf("kubectl %s complains:\n%s", strings.Join(args, " "), complaints)
	}
	return printed
}

func newNamespace(t *testing.T) string {
	t.Helper()
	namespace, err := core.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "admission-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}

// declare sends a spec that is written as YAML, with the strict check of fields that kubectl asks for.
func declare(t *testing.T, namespace, name, spec string) (*unstructured.Unstructured, error) {
	t.Helper()
	return objects.Resource(clientCapabilities).Namespace(namespace).
		Create(t.Context(), declaration(t, name, spec), metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
}

func declaration(t *testing.T, name, spec string) *unstructured.Unstructured {
	t.Helper()
	return written(t, v1alpha1.Kind, name, spec)
}

// written is an object whose spec is written as YAML.
func written(t *testing.T, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	manifest := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: %s\n", v1alpha1.GroupVersion, kind, name, spec)
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &object.Object); err != nil {
		t.Fatalf("the manifest is no YAML: %v\n%s", err, manifest)
	}
	return object
}

// with is a spec that would be admitted, and these fields.
func with(fields string) string {
	return "{accountRef: {name: twilio}, clientName: tommy, incoming: true, " + fields + "}"
}
