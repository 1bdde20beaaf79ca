package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// precious is what no message may repeat.
const precious = "hunter2-hunter2-hunter2"

func secretOf(namespace, name string, of corev1.SecretType) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Type:       of, StringData: map[string]string{"precious": precious},
	}
}

// credentials would have the cluster fill it with the token of a ServiceAccount.
func credentials(namespace, name string) *corev1.Secret {
	secret := secretOf(namespace, name, corev1.SecretTypeServiceAccountToken)
	secret.Annotations = map[string]string{corev1.ServiceAccountNameKey: "default"}
	return secret
}

// write is one attempt of whoever holds a token of the operator.
type write struct {
	what    string
	attempt func(context.Context, client.Client, string) error
}

// In the namespace are theirs, an Opaque Secret, and ours, one of the operator's type.
var refusedWrites = []write{
	{"create the Secret of a ServiceAccount's token", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, credentials(namespace, "stolen"))
	}},
	{"create one under a name that the server makes up", func(ctx context.Context, c client.Client, namespace string) error {
		secret := credentials(namespace, "")
		secret.GenerateName = "stolen-"
		return c.Create(ctx, secret)
	}},
	{"create one in a dry run", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, credentials(namespace, "stolen"), client.DryRunAll)
	}},
	{"create an Opaque Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, secretOf(namespace, "stolen", corev1.SecretTypeOpaque))
	}},
	{"create a Secret without a type", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, secretOf(namespace, "stolen", ""))
	}},
	{"create a bootstrap token", func(ctx context.Context, c client.Client, _ string) error {
		return c.Create(ctx, secretOf("kube-system", "bootstrap-token-abcdef", corev1.SecretTypeBootstrapToken))
	}},
	{"create a Secret of a type that only begins as its own", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, secretOf(namespace, "stolen", v1alpha1.SecretType+"s"))
	}},
	{"create one by applying it", func(ctx context.Context, c client.Client, namespace string) error {
		secret := corev1apply.Secret("stolen", namespace).WithType(corev1.SecretTypeServiceAccountToken).
			WithAnnotations(map[string]string{corev1.ServiceAccountNameKey: "default"})
		return c.Apply(ctx, secret, client.FieldOwner("test"))
	}},
	{"replace an Opaque Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Update(ctx, secretOf(namespace, "theirs", corev1.SecretTypeOpaque))
	}},
	{"patch an Opaque Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, secretOf(namespace, "theirs", ""), merge(`{"stringData": {"precious": "`+precious+`"}}`))
	}},
	{"label an Opaque Secret as an account", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, secretOf(namespace, "theirs", ""), merge(`{"metadata": {"labels": {"`+v1alpha1.AccountLabel+`": "true"}}}`))
	}},
	{"delete an Opaque Secret", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Delete(ctx, secretOf(namespace, "theirs", ""))
	}},
	{"delete all Secrets at once", func(ctx context.Context, c client.Client, namespace string) error {
		return c.DeleteAllOf(ctx, &corev1.Secret{}, client.InNamespace(namespace))
	}},
}

// impossibleWrites the API server refuses to everybody: what a Secret is stays what it is.
var impossibleWrites = []write{
	{"patch an Opaque Secret into one of its own", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, secretOf(namespace, "theirs", ""), merge(`{"type": "`+v1alpha1.SecretType+`"}`))
	}},
	{"patch one of its own into another", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, secretOf(namespace, "ours", ""), merge(`{"type": "`+string(corev1.SecretTypeServiceAccountToken)+`"}`))
	}},
}

var admittedWrites = []write{
	{"create a Secret of its own type", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Create(ctx, secretOf(namespace, "another", v1alpha1.SecretType))
	}},
	{"patch it", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Patch(ctx, secretOf(namespace, "another", ""), merge(`{"stringData": {"token": "new"}}`))
	}},
	{"delete it", func(ctx context.Context, c client.Client, namespace string) error {
		return c.Delete(ctx, secretOf(namespace, "another", ""))
	}},
}

// isConfined tries them all with more rights than the operator has, so that nothing but the policy is in the way.
func (in *installed) isConfined() {
	t := in.t
	stolen := in.stolen()
	allow(t, in.user(), rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}})
	awaitRight(t, stolen, func(ctx context.Context, c client.Client) error {
		return c.Update(ctx, secretOf(elsewhere, "none", v1alpha1.SecretType))
	})
	for _, namespace := range []string{in.tenants[0], elsewhere, in.namespace} {
		for name, of := range map[string]corev1.SecretType{"theirs": corev1.SecretTypeOpaque, "ours": v1alpha1.SecretType} {
			lasting(t, secretOf(namespace, name, of))
		}
		for _, w := range impossibleWrites {
			t.Run("does not "+w.what+" in "+namespace, func(t *testing.T) {
				if err := w.attempt(t.Context(), stolen, namespace); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "field is immutable") {
					t.Error(err)
				}
			})
		}
		for _, w := range refusedWrites {
			t.Run("does not "+w.what+" in "+namespace, func(t *testing.T) {
				if err := in.notRefused(w.attempt(t.Context(), stolen, namespace)); err != nil {
					t.Error(err)
				}
			})
		}
		for _, w := range admittedWrites {
			t.Run("may "+w.what+" in "+namespace, func(t *testing.T) {
				if err := w.attempt(t.Context(), stolen, namespace); err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Run("is seen to be by the documented command", func(t *testing.T) { in.at(t).documentedProbe() })
	t.Run("leaves everybody else alone", func(t *testing.T) { in.at(t).othersAreNot() })
}

// notRefused is nil where the policy, and nobody else, has refused it in words that tell why and nothing that is secret.
func (in *installed) notRefused(err error) error {
	policy := in.prefix + "capability-operator-confinement"
	switch {
	case err == nil:
		return errors.New("nobody refuses it")
	case !apierrors.IsForbidden(err), !strings.Contains(err.Error(), "ValidatingAdmissionPolicy '"+policy+"' with binding '"+policy+"' denied request: "):
		return fmt.Errorf("it is not the policy that refuses it: %w", err)
	case !strings.Contains(err.Error(), "may write Secrets of type voice.capability-operator.io/token only, so that nobody who steals the token of one can"):
		return fmt.Errorf("the message does not say why: %w", err)
	case strings.Contains(err.Error(), precious):
		return fmt.Errorf("the message tells what is secret: %w", err)
	}
	return nil
}

// awaitConfinement returns when the API server has taken the policy up, some moments after it was applied.
func (in *installed) awaitConfinement() {
	in.t.Helper()
	stolen := in.stolen()
	in.await(func(ctx context.Context) error {
		return in.notRefused(stolen.Create(ctx, secretOf(in.tenants[0], "probe", corev1.SecretTypeOpaque), client.DryRunAll))
	})
}

// documentedProbe runs what docs/operations.md has people try, as the operator of this installation.
func (in *installed) documentedProbe() {
	page, err := os.ReadFile(repository + "docs/operations.md")
	if err != nil {
		in.t.Fatal(err)
	}
	probe := regexp.MustCompile("(?s)```sh\n(kubectl create secret generic probe .*?)```").FindStringSubmatch(string(page))
	if probe == nil {
		in.t.Fatal("docs/operations.md has no such command")
	}
	command := strings.ReplaceAll(probe[1], "system:serviceaccount:capability-operator-system:capability-operator", in.user())
	shell := exec.CommandContext(in.t.Context(), "/bin/sh", "-c", command)
	shell.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig(), "HOME="+dir, "PATH="+filepath.Dir(cluster.KubectlPath())+":/usr/bin:/bin")
	answer, err := shell.CombinedOutput()
	const said = "ServiceAccounts named capability-operator may write Secrets of type voice.capability-operator.io/token only"
	if err == nil || !strings.Contains(string(answer), said) {
		in.t.Errorf("%s\n%s (%v)", command, answer, err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(page)), " "), said) {
		in.t.Errorf("docs/operations.md does not say: %s", said)
	}
}

// othersAreNot confined: neighbours in the operator's own namespace, namesakes of another kind, people.
func (in *installed) othersAreNot() {
	for _, user := range []string{
		"system:serviceaccount:" + in.namespace + ":default",
		"system:serviceaccount:capability-operator:twilio-operator",
		"system:serviceaccount:" + in.tenants[0] + ":external-secrets",
		"capability-operator", "tommy",
	} {
		allow(in.t, user, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}})
		other := as(in.t, user)
		awaitRight(in.t, other, func(ctx context.Context, c client.Client) error {
			return c.Update(ctx, secretOf(elsewhere, "none", v1alpha1.SecretType))
		})
		for _, w := range admittedWrites {
			if err := w.attempt(in.t.Context(), other, in.tenants[0]); err != nil {
				in.t.Errorf("%s can't %s: %v", user, w.what, err)
			}
		}
		for _, secret := range []*corev1.Secret{
			secretOf(in.tenants[0], "of-others", corev1.SecretTypeOpaque), credentials(in.tenants[0], "token-of-others"),
		} {
			for what, err := range map[string]error{
				"create": other.Create(in.t.Context(), secret), "patch": other.Patch(in.t.Context(), secret, merge(`{"metadata": {"labels": {"a": "b"}}}`)),
				"delete": other.Delete(in.t.Context(), secret),
			} {
				if err != nil {
					in.t.Errorf("%s can't %s a Secret of type %s: %v", user, what, secret.Type, err)
				}
			}
		}
	}
}

// as is a client of somebody who has not to prove it.
func as(t *testing.T, user string) client.Client {
	t.Helper()
	config := rest.CopyConfig(cluster.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	c, err := client.New(config, client.Options{Scheme: objects.Scheme(), Mapper: objects.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
