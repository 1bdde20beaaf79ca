package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("An admission policy", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	// forbid has the cluster refuse all token Secrets of the namespace, with a
	// message of the policy's own making.
	forbid := func(ctx context.Context, message string) (lift func(context.Context)) {
		GinkgoHelper()
		policy, binding := forbidding(w.namespace, message)
		Expect(w.api.Create(ctx, policy)).To(Succeed())
		Expect(w.api.Create(ctx, binding)).To(Succeed())
		probe := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "probe"}, Type: v1alpha1.SecretType,
			StringData: map[string]string{"token": "a probe"},
		}
		Eventually(func(ctx context.Context) error { return w.api.Create(ctx, probe.DeepCopy(), client.DryRunAll) }).
			WithContext(ctx).ShouldNot(Succeed())
		return func(ctx context.Context) {
			GinkgoHelper()
			Expect(w.api.Delete(ctx, binding)).To(Succeed())
			Expect(w.api.Delete(ctx, policy)).To(Succeed())
			Eventually(func(ctx context.Context) error { return w.api.Create(ctx, probe.DeepCopy(), client.DryRunAll) }).
				WithContext(ctx).Should(Succeed())
		}
	}

	It("that refuses a first Secret is named, and the object heals when it is lifted", func(ctx SpecContext) {
		lift := forbid(ctx, "'not here'")
		w.declare(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonAdmissionDenied)))
		Expect(w.health(ctx)).To(Equal(status.FailedStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring(`"no-tokens-in-` + w.namespace + `"`))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning AdmissionDenied ")))
		w.expectRest(ctx)

		lift(ctx)
		w.pass(ctx)
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	DescribeTable("that quotes what it refuses tells nobody the token, as",
		func(ctx SpecContext, message string) {
			w.declare(ctx)
			due := w.pass(ctx).RequeueAfter
			w.told()
			lift := forbid(ctx, message)
			w.step(due)
			for range 3 {
				Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
				w.step(10 * time.Second)
			}
			Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonAdmissionDenied)))
			Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
			Expect(w.told()).To(HaveLen(1))

			// What was refused is known to nobody but the operator and the policy;
			// it differs from what is in the Secret by its times alone.
			w.secrets.add(w.unwritten(due, 3)...)
			Expect(w.heard.String()).To(ContainSubstring("no-tokens-in-"))

			w.step(time.Hour)
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(expired(stalled(v1alpha1.ReasonAdmissionDenied))))
			lift(ctx)
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(ready))
		},
		Entry("it stands in the Secret", "'token: ' + object.data.token"),
		Entry("a part of it, as if a quota said so", "'exceeded quota: ' + object.data.token.substring(60, 160)"),
		Entry("all of the Secret's data", "'data: ' + object.data.map(k, k + '=' + object.data[k]).join(', ')"),
	)
})

// unwritten are the tokens that were signed in passes ten seconds apart, the
// first of them after due, and never reached the Secret.
func (w *world) unwritten(due time.Duration, passes int) []string {
	GinkgoHelper()
	var tokens []string
	for i := range passes {
		tokens = append(tokens, sign(startOfTime.Add(due+time.Duration(i)*10*time.Second)))
	}
	return tokens
}

func forbidding(namespace, message string) (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	name := metav1.ObjectMeta{Name: "no-tokens-in-" + namespace}
	return &admissionv1.ValidatingAdmissionPolicy{
			ObjectMeta: name,
			Spec: admissionv1.ValidatingAdmissionPolicySpec{
				MatchConstraints: &admissionv1.MatchResources{
					NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
					ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
						Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
						Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
					}}},
				},
				Validations: []admissionv1.Validation{{
					Expression:        "object.type != '" + v1alpha1.SecretType + "'",
					MessageExpression: message,
				}},
			},
		}, &admissionv1.ValidatingAdmissionPolicyBinding{
			ObjectMeta: name,
			Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName:        name.Name,
				ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			},
		}
}
