package controllers_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// conditions are all conditions of an object, as status and reason by type.
type conditions map[string]string

// conditions of tommy; each of them speaks of the present generation.
func (w *world) conditions(ctx context.Context) conditions {
	GinkgoHelper()
	return w.conditionsOf(ctx, tommy)
}

func (w *world) conditionsOf(ctx context.Context, name string) conditions {
	GinkgoHelper()
	object := w.find(ctx, name)
	Expect(object).NotTo(BeNil())
	Expect(object.Status.ObservedGeneration).To(Equal(object.Generation))
	found := conditions{}
	for _, condition := range object.Status.Conditions {
		found[condition.Type] = fmt.Sprintf("%s %s", condition.Status, condition.Reason)
		Expect(condition.ObservedGeneration).To(Equal(object.Generation), condition.Type)
	}
	return found
}

// ready are the conditions of an object with which all is well.
var ready = conditions{v1alpha1.ReadyCondition: "True " + v1alpha1.ReasonTokenValid}

// failing are those of an object whose token lives though renewals fail.
func failing(reason string) conditions {
	return conditions{
		v1alpha1.ReadyCondition:          "True " + v1alpha1.ReasonTokenValid,
		v1alpha1.RenewalFailingCondition: "True " + reason,
	}
}

// waiting are those of an object without a token that may yet come by itself.
func waiting(reason string) conditions {
	return conditions{v1alpha1.ReadyCondition: "False " + reason, v1alpha1.ReconcilingCondition: "True " + reason}
}

// stalled are those of an object without a token for which somebody has to act.
func stalled(reason string) conditions {
	return conditions{v1alpha1.ReadyCondition: "False " + reason, v1alpha1.StalledCondition: "True " + reason}
}

// expired are those of an object whose token could not be renewed in time; was
// is what it said before that.
func expired(was conditions) conditions {
	now := conditions{}
	for kind, said := range was {
		now[kind] = said
	}
	now[v1alpha1.ReadyCondition] = "False " + v1alpha1.ReasonTokenExpired
	return now
}

// message of one of tommy's conditions.
func (w *world) message(ctx context.Context, kind string) string {
	GinkgoHelper()
	condition := meta.FindStatusCondition(w.object(ctx).Status.Conditions, kind)
	Expect(condition).NotTo(BeNil(), "there is no condition %s", kind)
	return condition.Message
}

// health of tommy as GitOps tools compute it.
func (w *world) health(ctx context.Context) status.Status {
	GinkgoHelper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(w.object(ctx))
	Expect(err).NotTo(HaveOccurred())
	result, err := status.Compute(&unstructured.Unstructured{Object: content})
	Expect(err).NotTo(HaveOccurred())
	return result.Status
}

// versions tell whether anything was written, by whatever way: the version of
// every ClientCapability and every Secret in the namespace.
func (w *world) versions(ctx context.Context) map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	for _, list := range []client.ObjectList{&v1alpha1.ClientCapabilityList{}, &corev1.SecretList{}} {
		Expect(w.api.List(ctx, list, client.InNamespace(w.namespace))).To(Succeed())
		Expect(meta.EachListItem(list, func(item runtime.Object) error {
			object, err := meta.Accessor(item)
			if err != nil {
				return err
			}
			found[fmt.Sprintf("%T %s", item, object.GetName())] = string(object.GetUID()) + " " + object.GetResourceVersion()
			return nil
		})).To(Succeed())
	}
	return found
}

// expectRest: one more pass changes nothing and tells nothing.
func (w *world) expectRest(ctx context.Context) {
	GinkgoHelper()
	w.told()
	before := w.versions(ctx)
	w.pass(ctx)
	Expect(w.versions(ctx)).To(Equal(before), "a pass over what was settled wrote something")
	Expect(w.told()).To(BeEmpty())
}
