package chart_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	pollInterval = 100 * time.Millisecond
	// limit is for what comes at once, on a machine that is busy with much else.
	limit      = 3 * time.Minute
	crd        = "customresourcedefinition/clientcapabilities.voice.capability-operator.io"
	accountCRD = "customresourcedefinition/clusteraccounts.voice.capability-operator.io"
)

// install puts a release there, which goes with the test, and with it the CRDs.
func install(t *testing.T, name, content string, flags ...string) {
	t.Helper()
	t.Cleanup(func() { remove(t, name) })
	mustHelm(t, append([]string{"install", name, chart, "--namespace", home, "--values", values(t, content)}, flags...)...)
	mustKubectl(t, "", "wait", "--for=condition=Established", "--timeout=2m", crd)
}

// remove is for the end of a test, when its own context has ended.
func remove(t *testing.T, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if _, complaints, err := helm(ctx, "uninstall", name, "--namespace", home, "--ignore-not-found"); err != nil {
		t.Errorf("%v\n%s", err, complaints)
	}
	if _, complaints, err := run(ctx, "", cluster.KubectlPath(), "delete", "--ignore-not-found", crd, accountCRD); err != nil {
		t.Errorf("%v\n%s", err, complaints)
	}
}

func upgrade(t *testing.T, content string) {
	t.Helper()
	mustHelm(t, "upgrade", release, chart, "--namespace", home, "--values", values(t, content))
}

// isThere tells whether the API server has an object of kubectl's name for it.
func isThere(t *testing.T, name string, flags ...string) bool {
	t.Helper()
	return mustKubectl(t, "", append([]string{"get", "--ignore-not-found", "-o", "name", name}, flags...)...) != ""
}

func await(t *testing.T, what string, holds func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), pollInterval, limit, true, func(ctx context.Context) (bool, error) {
		last = holds(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v (%v)", what, last, err)
	}
}

// declare makes an account and a ClientCapability that refers to it.
func declare(t *testing.T, namespace string) {
	t.Helper()
	account := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "twilio", Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue}},
		StringData: map[string]string{
			v1alpha1.DefaultAccountSIDKey: "AC0123456789abcdef0123456789abcdef", v1alpha1.DefaultAuthTokenKey: "0123456789abcdef0123456789abcdef",
		},
	}
	declared := &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "tommy"},
		Spec:       v1alpha1.ClientCapabilitySpec{AccountRef: v1alpha1.AccountReference{Name: "twilio"}, ClientName: "tommy", Incoming: true, TTL: "1h"},
	}
	for _, object := range []client.Object{account, declared} {
		if err := objects.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			if err := objects.Delete(ctx, object); err != nil && !apierrors.IsNotFound(err) {
				t.Error(err)
			}
		})
	}
}

// awaitToken returns the Secret once there is a token in it.
func awaitToken(t *testing.T, namespace string) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	await(t, "a token in "+namespace, func(ctx context.Context) error {
		err := objects.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "tommy"}, secret)
		if err == nil && len(secret.Data[v1alpha1.DefaultTokenKey]) == 0 {
			err = fmt.Errorf("it has %d keys", len(secret.Data))
		}
		return err
	})
	return secret
}

func TestAReleaseGivesTheOperatorTheRightsThatItNeeds(t *testing.T) {
	for name, of := range map[string]struct {
		values string
		whole  bool
	}{
		"in the whole cluster":                               {"", true},
		"in the whole cluster without accounts of it":        {"clusterAccounts: {enabled: false}\n", true},
		"in a named namespace":                               {"watchNamespaces: [support]\nclusterAccounts: {enabled: false}\n", false},
		"in a named namespace, with accounts of the cluster": {"watchNamespaces: [support]\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			install(t, release, of.values)
			operator := runOperator(t)
			declare(t, "support")
			awaitToken(t, "support")
			if of.whole {
				declare(t, "sales")
				awaitToken(t, "sales")
			}
			for _, verb := range []string{"create", "patch", "delete"} {
				_, _, err := run(t.Context(), "", cluster.KubectlPath(), "auth", "can-i", verb, "secrets", "-n", "sales", "--as", operator.user)
				if may := err == nil; may != of.whole {
					t.Errorf("it may %s Secrets elsewhere: %t", verb, may)
				}
			}
			if refused := operator.refusals(); refused != "" {
				t.Errorf("it was refused something:\n%s", refused)
			}
			_, complaints, err := run(t.Context(), "", cluster.KubectlPath(), "create", "secret", "generic", "probe", "-n", "support", "--dry-run=server", "--as", operator.user)
			if err == nil || !strings.Contains(complaints, "ServiceAccounts named capability-operator may write Secrets of type voice.capability-operator.io/token only") {
				t.Errorf("it is not confined: %v %s", err, complaints)
			}
		})
	}
}

func TestUninstallingKeepsDeclarationsAndTheirSecretsAndInstallingAgainTakesThemUp(t *testing.T) {
	install(t, release, "")
	operator := runOperator(t)
	declare(t, "support")
	before := awaitToken(t, "support")
	operator.stop()
	mustHelm(t, "uninstall", release, "--namespace", home)
	for _, kept := range []string{crd, accountCRD} {
		if !isThere(t, kept) {
			t.Errorf("%s went with the release", kept)
		}
	}
	if isThere(t, "serviceaccount/capability-operator", "-n", home) || isThere(t, "clusterrole/capability-operator") {
		t.Error("the operator's rights did not go with the release")
	}
	install(t, release, "")
	runOperator(t)
	declare(t, "sales")
	awaitToken(t, "sales") // by then it has looked at what was there before
	if after := awaitToken(t, "support"); after.ResourceVersion != before.ResourceVersion {
		t.Error("the Secret was written though the token in it was good")
	}
}

func TestAReleaseThatKeepsNothingTakesTheCRDsWithIt(t *testing.T) {
	install(t, release, "")
	upgrade(t, "crds: {keep: false}\n")
	mustHelm(t, "uninstall", release, "--namespace", home)
	mustKubectl(t, "", "wait", "--for=delete", "--timeout=1m", crd, accountCRD)
}

func TestAnUpgradeGivesAndTakesNamespaces(t *testing.T) {
	const named = "clusterAccounts: {enabled: false}\nwatchNamespaces: "
	install(t, release, named+"[support]\n")
	upgrade(t, named+"[support, sales]\n")
	if !isThere(t, "rolebinding/capability-operator", "-n", "sales") {
		t.Error("the namespace that was added has no binding")
	}
	upgrade(t, named+"[sales]\n")
	if isThere(t, "rolebinding/capability-operator", "-n", "support") {
		t.Error("the namespace that was taken away still has its binding")
	}
	mustHelm(t, "rollback", release, "1", "--namespace", home)
	if isThere(t, "rolebinding/capability-operator", "-n", "sales") || !isThere(t, "rolebinding/capability-operator", "-n", "support") {
		t.Error("a rollback did not bring back what was")
	}
}

func TestASecondReleaseBesideTheFirstLeavesTheCRDsToIt(t *testing.T) {
	install(t, release, "watchNamespaces: [support]\n")
	_, complaints, err := helm(t.Context(), "install", "my", chart, "--namespace", home, "--dry-run=server")
	if err == nil || !strings.Contains(complaints, "cannot be imported into the current release") {
		t.Errorf("a second release took the first one's CRDs: %v %s", err, complaints)
	}
	install(t, "my", "watchNamespaces: [sales]\ncrds: {install: false}\n")
	mustHelm(t, "uninstall", "my", "--namespace", home)
	if !isThere(t, crd) {
		t.Error("the CRD went with the second release")
	}
	// What the first one leaves behind, a release of another name takes over.
	mustHelm(t, "uninstall", release, "--namespace", home)
	install(t, "my", "", "--take-ownership")
}

func TestAReleaseTakesOverWhatKustomizeHasInstalled(t *testing.T) {
	t.Cleanup(func() { remove(t, release) })
	// It complains of the namespace, which was not made by kubectl apply.
	if _, complaints, err := run(t.Context(), "", cluster.KubectlPath(), "apply", "-k", repository+"config/default"); err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	mustKubectl(t, "", "wait", "--for=condition=Established", "--timeout=2m", crd)
	declare(t, "support")
	mustKubectl(t, "", "delete", "deployment", "capability-operator", "-n", home)
	install(t, release, "", "--take-ownership", "--force-conflicts")
	runOperator(t)
	before := awaitToken(t, "support")
	mustHelm(t, "uninstall", release, "--namespace", home)
	after := &corev1.Secret{}
	if err := objects.Get(t.Context(), client.ObjectKeyFromObject(before), after); err != nil || after.UID != before.UID {
		t.Errorf("the Secret did not outlive the release: %v", err)
	}
}
