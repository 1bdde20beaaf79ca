package controllers_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// brokenReader is a cache that has been shut down.
type brokenReader struct{}

func (brokenReader) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errRefused
}

func (brokenReader) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errRefused
}

var _ = Describe("A decision on what has changed since", func() {
	var w *world
	const soon = 250 * time.Millisecond
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	It("signs no second token where the cache does not have the first one yet", func(ctx SpecContext) {
		object := w.declare(ctx)
		w.pass(ctx)
		w.told()
		first := w.secret(ctx, tommy)
		w.reader.hide(first)
		w.reader.pin(object)
		w.step(time.Second)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(soon))
		Expect(w.secret(ctx, tommy)).To(Equal(first))
		Expect(w.told()).To(BeEmpty())

		w.reader.catchUp()
		w.expectRest(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("leaves no status behind that it does not know of yet", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		w.edit(ctx, tommy, func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.OwnerAnnotation) })
		w.reader.pin(w.object(ctx))
		w.wire.loseAnswers(context.DeadlineExceeded, "patch Secret")
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonWriteFailed)))
		w.wire.mend()
		// The Secret's event comes first. What status is to say now is what it said before the failure, which is what
		// the cache still shows; and the failure's own event will be taken for the echo that it is.
		Expect(w.pass(ctx).RequeueAfter).To(Equal(soon))
		w.reader.catchUp()
		w.pass(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("conflicts, and signs no second token, where the cache still has the one before", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		old, oldObject := w.secret(ctx, tommy), w.object(ctx)
		w.step(due)
		w.pass(ctx)
		renewed := w.secret(ctx, tommy)
		w.told()
		w.reader.pin(old)
		w.reader.pin(oldObject)
		w.step(time.Second)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(soon))
		Expect(w.secret(ctx, tommy)).To(Equal(renewed))
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(w.told()).To(BeEmpty())
	})

	It("does not wait for ever for a cache that stays behind", func(ctx SpecContext) {
		w.declare(ctx, ttl("10s"))
		due := w.pass(ctx).RequeueAfter
		w.reader.pin(w.secret(ctx, tommy))
		w.reader.pin(w.object(ctx))
		w.step(due)
		after := w.pass(ctx).RequeueAfter
		for range 60 {
			w.step(after)
			after = w.pass(ctx).RequeueAfter
			w.token(ctx)
		}
		Expect(w.clock.Now().Sub(startOfTime)).To(BeNumerically(">", 30*time.Second))
	})

	It("makes no Secret for an object that is gone", func(ctx SpecContext) {
		object := w.declare(ctx)
		w.reader.pin(object)
		Expect(w.api.Delete(ctx, object)).To(Succeed())
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.told()).To(BeEmpty())
	})

	It("makes no Secret for an object that is on its way out", func(ctx SpecContext) {
		object := w.declare(ctx, func(c *v1alpha1.ClientCapability) { c.Finalizers = []string{"example.com/hold"} })
		w.reader.pin(object)
		Expect(w.api.Delete(ctx, object.DeepCopy())).To(Succeed())
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
	})

	It("makes no Secret for an object that has a successor of the same name", func(ctx SpecContext) {
		object := w.declare(ctx)
		w.reader.pin(object)
		Expect(w.api.Delete(ctx, object.DeepCopy())).To(Succeed())
		successor := w.declare(ctx)
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		w.reader.catchUp()
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).OwnerReferences[0].UID).To(Equal(successor.UID))
	})

	It("makes no Secret for a declaration that was changed", func(ctx SpecContext) {
		object := w.declare(ctx)
		w.reader.pin(object)
		w.change(ctx, secretName("elsewhere"))
		Expect(w.pass(ctx).RequeueAfter).To(Equal(soon))
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		w.reader.catchUp()
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		w.secret(ctx, "elsewhere")
	})

	It("deletes no Secret of a former name that has been put to other use since", func(ctx SpecContext) {
		w.declare(ctx, secretName("first"))
		w.pass(ctx)
		w.reader.pin(w.secret(ctx, "first"))
		w.edit(ctx, "first", func(s *corev1.Secret) {
			s.OwnerReferences, s.Annotations = nil, nil
			metav1.SetMetaDataLabel(&s.ObjectMeta, "theirs", "now")
		})
		w.change(ctx, secretName("second"))
		w.pass(ctx)
		Expect(w.secret(ctx, "first").Labels).To(HaveKeyWithValue("theirs", "now"))
		w.reader.catchUp()
		w.pass(ctx)
		Expect(w.secret(ctx, "first").Labels).To(HaveKeyWithValue("theirs", "now"))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("does not write over what somebody did to the Secret meanwhile", func(ctx SpecContext) {
		w.declare(ctx)
		due := w.pass(ctx).RequeueAfter
		w.reader.pin(w.secret(ctx, tommy))
		w.edit(ctx, tommy, func(s *corev1.Secret) { s.Labels = map[string]string{"theirs": "now"} })
		w.step(due)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(soon))
		w.reader.catchUp()
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).Labels).To(HaveKeyWithValue("theirs", "now"))
		Expect(w.token(ctx).IssuedAt).To(Equal(whole(w.clock.Now())))
	})

	It("does not lose the event of a token whose status came too late", func(ctx SpecContext) {
		object := w.declare(ctx)
		w.reader.pin(object)
		w.change(ctx, func(c *v1alpha1.ClientCapability) { c.Labels = map[string]string{"a": "label"} })
		w.pass(ctx)
		w.reader.catchUp()
		w.step(time.Second)
		w.pass(ctx)
		Expect(w.told()).To(ConsistOf(HavePrefix("Normal Issued ")))
		w.expectRest(ctx)
	})
})
