package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
)

// writingStates are those in which the token can't be written.
var writingStates = []state{
	{reason: v1alpha1.ReasonSecretNotOwned, mends: []int{0}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		taken := w.secret()
		taken.StringData = map[string]string{"password": "of somebody's database"}
		w.create(taken, client.FieldOwner("helm"))
		w.create(w.declaration())
	}, commands: []string{"list", "explain tommy", "inspect tommy"}},
	{reason: v1alpha1.ReasonSecretNotOwned, name: "SecretNotOwned-by-a-rival", mends: []int{0}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.create(w.declaration(func(c *v1alpha1.ClientCapability) {
			c.Name, c.Spec.Secret = "desk", &v1alpha1.SecretTarget{Name: tommy}
		}))
		w.pass("desk")
		w.create(w.declaration())
	}},
	{reason: v1alpha1.ReasonSecretImmutable, mends: []int{0}, arrange: func(w *world) {
		w.issued()
		s := w.secret()
		w.update(s, func() { s.Immutable = new(true) })
		w.change(func(c *v1alpha1.ClientCapability) { c.Spec.TTL = "2h" })
	}, commands: []string{"list", "explain tommy", "inspect tommy"}},
	{reason: v1alpha1.ReasonSecretContested, arrange: func(w *world) {
		w.issued()
		for range 12 {
			patch := client.RawPatch("application/merge-patch+json", []byte(`{"stringData":{"token":"mine, mine, mine"}}`))
			if err := w.api.Patch(w.t.Context(), w.secret(), patch, client.FieldOwner("secret-syncer")); err != nil {
				w.t.Fatal(err)
			}
			w.pass()
		}
	}, commands: []string{"list", "explain tommy", "inspect tommy"}},
	{reason: v1alpha1.ReasonClockSkewed, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.create(w.declaration())
		server := &controllers.ServerTime{Clock: w.clock}
		answer, err := server.Wrap(dated(noon.Add(2 * time.Hour))).RoundTrip(&http.Request{})
		if err != nil {
			w.t.Fatal(err)
		}
		_ = answer.Body.Close()
		w.operator.ServerTime = server
	}},
	{reason: v1alpha1.ReasonQuotaExceeded, arrange: quotaExceeded},
	{reason: v1alpha1.ReasonAdmissionDenied, arrange: admissionDenied},
	{reason: v1alpha1.ReasonNotPermitted, arrange: notPermitted},
	{reason: v1alpha1.ReasonWriteFailed, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.create(w.declaration())
		w.operator.Client = interceptor.NewClient(w.api, interceptor.Funcs{
			Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
				return errors.New("connection refused")
			},
		})
	}},
}

func TestTranscriptsOfWhatCantBeWritten(t *testing.T) { transcribeAll(t, writingStates) }

// dated is a transport to an API server whose clock says so.
type dated time.Time

func (d dated) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{Header: http.Header{"Date": {time.Time(d).UTC().Format(http.TimeFormat)}}, Body: http.NoBody}, nil
}

// quotaExceeded counts as the controller of quotas would, who does not run here.
func quotaExceeded(w *world) {
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration())
	hard := corev1.ResourceList{corev1.ResourceSecrets: resource.MustParse("1")}
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "few-secrets"}, Spec: corev1.ResourceQuotaSpec{Hard: hard}}
	w.create(quota)
	quota.Status = corev1.ResourceQuotaStatus{Hard: hard, Used: hard}
	if err := w.api.Status().Update(w.t.Context(), quota); err != nil {
		w.t.Fatal(err)
	}
	w.awaitRefusal("exceeded quota")
}

// awaitRefusal waits until the API server keeps to what it was told.
func (w *world) awaitRefusal(because string) {
	w.t.Helper()
	w.eventually(because, func() bool {
		probe := w.secret()
		probe.Type, probe.StringData = v1alpha1.SecretType, map[string]string{"token": "a probe"}
		err := w.api.Create(w.t.Context(), probe, client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), because)
	})
}

func admissionDenied(w *world) {
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration())
	name := metav1.ObjectMeta{Name: "no-tokens-in-" + w.namespace}
	w.create(&admissionv1.ValidatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicySpec{
		MatchConstraints: &admissionv1.MatchResources{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: w.namespace}},
			ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
			}}},
		},
		Validations: []admissionv1.Validation{{Expression: "object.type != '" + v1alpha1.SecretType + "'", Message: "no tokens here"}},
	}})
	w.create(&admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: name.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
	}})
	w.awaitRefusal("no tokens here")
}

// notPermitted has the operator be somebody who may not create Secrets.
func notPermitted(w *world) {
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration())
	user, err := cluster.AddUser(w.t.Context(), envtest.User{Name: "operator-of-" + w.namespace},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "watch", "patch"}},
		rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"clientcapabilities"}, Verbs: []string{"get"}},
		rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"clientcapabilities/status"}, Verbs: []string{"patch"}})
	if err != nil {
		w.t.Fatal(err)
	}
	api, err := client.NewWithWatch(user.Config, client.Options{Scheme: w.api.Scheme()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.operator.Client, w.operator.Live = api, api
}
