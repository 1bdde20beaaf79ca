package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const servingType corev1.SecretType = "voice.capability-operator.io/serving-certificate"

// registered is an APIService of nobody's: the API server itself would answer.
func registered(version string) *unstructured.Unstructured {
	service := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"group": "test.example", "version": version, "groupPriorityMinimum": int64(100), "versionPriority": int64(15),
	}}}
	service.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"})
	service.SetName(version + ".test.example")
	return service
}

func serviceOf(t *testing.T, registered client.Object) []string {
	t.Helper()
	service, ok := registered.(*unstructured.Unstructured)
	if !ok {
		t.Fatalf("%T", registered)
	}
	name, _, err := unstructured.NestedString(service.Object, "spec", "service", "name")
	namespace, _, wrong := unstructured.NestedString(service.Object, "spec", "service", "namespace")
	if err := errors.Join(err, wrong); err != nil {
		t.Fatal(err)
	}
	return []string{name, namespace}
}

func configMap(namespace, name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: named(namespace, name)}
}

// beyondTheTokenServer is what no token server has a right to, besides what no operator has one to.
var beyondTheTokenServer = []write{
	{"create a Secret elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, secretOf(elsewhere, "tokenserver-certificate", servingType))
	}},
	{"patch a Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, secretOf(namespace, "twilio", ""), merge(`{"stringData": {"precious": "new"}}`))
	}},
	{"delete a Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Delete(ctx, secretOf(namespace, "twilio", ""))
	}},
	{"say that a declaration is ready", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Status().Patch(ctx, tommy(namespace), merge(`{"status": {"accountSID": "forged"}}`))
	}},
	{"list ConfigMaps", func(ctx context.Context, c client.Client, namespace string) error {
		return c.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(namespace))
	}},
	{"read another ConfigMap of the system", func(ctx context.Context, c client.Client, _ string) error {
		return c.Get(ctx, client.ObjectKey{Namespace: "kube-system", Name: "kube-root-ca.crt"}, &corev1.ConfigMap{})
	}},
	{"read a pod", func(ctx context.Context, c client.Client, namespace string) error {
		return c.List(ctx, &corev1.PodList{}, client.InNamespace(namespace))
	}},
	{"read a Role", func(ctx context.Context, c client.Client, namespace string) error {
		return c.List(ctx, &rbacv1.RoleList{}, client.InNamespace(namespace))
	}},
	{"have itself a ServiceAccount's token", func(ctx context.Context, c client.Client, namespace string) error {
		account := &corev1.ServiceAccount{ObjectMeta: named(namespace, "default")}
		return c.SubResource("token").Create(ctx, account, &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"capability-operator"}}})
	}},
	{"register an API", func(ctx context.Context, c client.Client, _ string) error { return c.Create(ctx, registered("v1")) }},
	{"change another API's registration", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, registered("v2"), merge(`{"spec": {"versionPriority": 16}}`))
	}},
	{"delete the policy of its own", func(ctx context.Context, c client.Client, _ string) error {
		policy := &unstructured.Unstructured{}
		policy.SetGroupVersionKind(schema.GroupVersionKind{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicy"})
		policy.SetName("capability-operator-tokenserver-confinement")
		return c.Delete(ctx, policy)
	}},
}

// mayNot tries it all by a stolen token. That it reads every Secret is the line that is not held.
func (in *tokenServer) mayNot() {
	t, stolen := in.t, in.stolen()
	for _, object := range []client.Object{twilio("support"), tommy("support")} {
		lasting(t, object)
	}
	for _, w := range slices.Concat(beyond, beyondTheTokenServer) {
		t.Run("may not "+w.what, func(t *testing.T) {
			if err := hasNoRight(w.attempt(t.Context(), stolen, "support")); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("may read every Secret", func(t *testing.T) {
		list := &corev1.SecretList{}
		if err := stolen.List(t.Context(), list); err != nil || len(list.Items) == 0 {
			t.Error(err)
		}
	})
}

// Each is refused by the policy, whatever rights there are. Its own namespace is home.
var refusedToTheTokenServer = []write{
	{"create a credential of the name of its own Secret", func(ctx context.Context, c client.Client, home string) error {
		return c.Create(ctx, credentials(home, "tokenserver-certificate"))
	}},
	{"create a Secret of its type under another name", func(ctx context.Context, c client.Client, home string) error {
		return c.Create(ctx, secretOf(home, "certificate", servingType))
	}},
	{"create a Secret of its type under a name that the server makes up", func(ctx context.Context, c client.Client, home string) error {
		secret := secretOf(home, "", servingType)
		secret.GenerateName = "certificate-"
		return c.Create(ctx, secret)
	}},
	{"create its own Secret elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, secretOf(elsewhere, "tokenserver-certificate", servingType))
	}},
	{"create a token's Secret", func(ctx context.Context, c client.Client, home string) error {
		return c.Create(ctx, secretOf(home, "tommy", v1alpha1.SecretType))
	}},
	{"delete its own Secret", func(ctx context.Context, c client.Client, home string) error {
		return c.Delete(ctx, secretOf(home, "ours-tokenserver-certificate", ""))
	}},
	{"create a ConfigMap", func(ctx context.Context, c client.Client, home string) error {
		return c.Create(ctx, configMap(home, "any"))
	}},
	{"create its own ConfigMap elsewhere", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, configMap(elsewhere, "tokenserver-ca"))
	}},
	{"change by what the API server is known", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, configMap("kube-system", "extension-apiserver-authentication"), merge(`{"data": {"requestheader-client-ca-file": ""}}`))
	}},
	{"delete its own ConfigMap", func(ctx context.Context, c client.Client, home string) error {
		return c.Delete(ctx, configMap(home, "ours-tokenserver-ca"))
	}},
	{"register an API", func(ctx context.Context, c client.Client, _ string) error { return c.Create(ctx, registered("v1")) }},
	{"change how an API is registered", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, registered("v2"), merge(`{"spec": {"versionPriority": 16}}`))
	}},
	{"have an API answered by a Service", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, registered("v2"), merge(`{"spec": {"service": {"namespace": "elsewhere", "name": "theirs"}}}`))
	}},
	{"label how an API is registered", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, registered("v2"), merge(`{"metadata": {"labels": {"kube-aggregator.kubernetes.io/automanaged": "onstart"}}}`))
	}},
	{"delete how an API is registered", func(ctx context.Context, c client.Client, _ string) error { return c.Delete(ctx, registered("v2")) }},
}

var admittedToTheTokenServer = []write{
	{"create its own Secret under a prefix and a suffix", func(ctx context.Context, c client.Client, home string) error {
		return c.Create(ctx, secretOf(home, "a-tokenserver-certificate-b", servingType))
	}},
	{"replace it", func(ctx context.Context, c client.Client, home string) error {
		return c.Update(ctx, secretOf(home, "a-tokenserver-certificate-b", servingType))
	}},
	{"create its own ConfigMap under a prefix and a suffix", func(ctx context.Context, c client.Client, home string) error {
		return c.Create(ctx, configMap(home, "a-tokenserver-ca-b"))
	}},
	{"replace it as well", func(ctx context.Context, c client.Client, home string) error {
		return c.Update(ctx, configMap(home, "a-tokenserver-ca-b"))
	}},
	{"leave how an API is registered as it is", func(ctx context.Context, c client.Client, _ string) error {
		return c.Patch(ctx, registered("v2"), merge(`{"spec": {"versionPriority": 15}}`))
	}},
}

// all are the rights to everything that the policy is about.
var all = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"secrets", "configmaps"}, Verbs: []string{"*"}},
	{APIGroups: []string{"apiregistration.k8s.io"}, Resources: []string{"apiservices"}, Verbs: []string{"*"}},
}

// isConfined tries them all with more rights than the token server has, so that nothing but the policy is in the way.
func (in *tokenServer) isConfined() {
	t, stolen := in.t, in.stolen()
	allow(t, in.user(), all...)
	awaitRight(t, stolen, func(ctx context.Context, c client.Client) error {
		return c.Get(ctx, client.ObjectKeyFromObject(registered("none")), registered("none"))
	})
	for _, object := range []client.Object{
		secretOf(in.namespace, "theirs", corev1.SecretTypeOpaque), secretOf(in.namespace, "ours-tokenserver-certificate", servingType),
		configMap(in.namespace, "ours-tokenserver-ca"), registered("v2"),
	} {
		lasting(t, object)
	}
	for _, w := range slices.Concat(refusedWrites, refusedToTheTokenServer) {
		t.Run("does not "+w.what, func(t *testing.T) {
			if err := in.notRefused(w.attempt(t.Context(), stolen, in.namespace)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, w := range admittedToTheTokenServer {
		t.Run("may "+w.what, func(t *testing.T) {
			if err := w.attempt(t.Context(), stolen, in.namespace); err != nil {
				t.Error(err)
			}
		})
	}
	for _, user := range []string{
		"system:serviceaccount:" + in.namespace + ":default", "system:serviceaccount:support:tokenserver",
		"system:serviceaccount:support:my-tokenserver", "system:serviceaccount:voice-tokenserver:app", "voice-tokenserver",
	} {
		t.Run("leaves "+user+" alone", func(t *testing.T) { in.at(t).leavesAlone(user) })
	}
}

func (in *tokenServer) leavesAlone(user string) {
	allow(in.t, user, all...)
	other := as(in.t, user)
	awaitRight(in.t, other, func(ctx context.Context, c client.Client) error {
		return c.Get(ctx, client.ObjectKeyFromObject(registered("none")), registered("none"))
	})
	for _, object := range []client.Object{
		secretOf("support", "of-others", corev1.SecretTypeOpaque), credentials("support", "token-of-others"),
		configMap("support", "of-others"), registered("v3"),
	} {
		for what, err := range map[string]error{
			"create": other.Create(in.t.Context(), object), "patch": other.Patch(in.t.Context(), object, merge(`{"metadata": {"labels": {"a": "b"}}}`)),
			"delete": other.Delete(in.t.Context(), object),
		} {
			if err != nil {
				in.t.Errorf("%s can't %s %T: %v", user, what, object, err)
			}
		}
	}
}

// awaitConfinement returns when the API server has taken the policy up.
func (in *tokenServer) awaitConfinement() {
	in.t.Helper()
	stolen := in.stolen()
	in.await(func(ctx context.Context) error {
		return in.notRefused(stolen.Create(ctx, configMap(in.namespace, "probe"), client.DryRunAll))
	})
}

// notRefused is nil where the policy has refused it, in words that tell why and nothing that is secret.
func (in *tokenServer) notRefused(err error) error {
	policy := in.prefix + "capability-operator-tokenserver-confinement"
	switch {
	case err == nil:
		return errors.New("nobody refuses it")
	case !apierrors.IsForbidden(err), !strings.Contains(err.Error(), "ValidatingAdmissionPolicy '"+policy+"' with binding '"+policy+"' denied request: "):
		return fmt.Errorf("it is not the policy that refuses it: %w", err)
	case !strings.Contains(err.Error(), "ServiceAccounts named voice-tokenserver may ") || !strings.Contains(err.Error(), "so that nobody who steals the token of one can "):
		return fmt.Errorf("the message does not say why: %w", err)
	case strings.Contains(err.Error(), precious):
		return fmt.Errorf("the message tells what is secret: %w", err)
	}
	return nil
}
