package controllers

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// A pass may come between the write of a Secret and its event. Where the delivery
// has changed meanwhile, nothing else would tell that there is one to remove.
func TestAnOwnWriteIsNewsOnceNoSecretIsDeclared(t *testing.T) {
	for delivery, heard := range map[v1alpha1.Delivery]int{v1alpha1.DeliverySecret: 0, v1alpha1.DeliveryOnDemand: 1} {
		t.Run(string(delivery), func(t *testing.T) {
			scheme := runtime.NewScheme()
			for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
				if err := add(scheme); err != nil {
					t.Fatal(err)
				}
			}
			behind := fake.NewClientBuilder().WithScheme(scheme).
				WithIndex(&corev1.Secret{}, controllerUIDIndex, controllerUID).
				WithIndex(&v1alpha1.ClientCapability{}, secretNameIndex, func(o client.Object) []string {
					return wantedSecret(o.(*v1alpha1.ClientCapability))
				}).Build()
			r := &Reconciler{Reader: behind, Live: behind}

			key := types.NamespacedName{Namespace: "support", Name: "tommy"}
			meta := metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Annotations: map[string]string{v1alpha1.OwnerAnnotation: key.Name}}
			secret := &corev1.Secret{ObjectMeta: meta, Type: v1alpha1.SecretType, Data: map[string][]byte{"token": []byte("of a pass before")}}
			r.memory.expectSecret(key, secretDigest(secret))
			declared := &v1alpha1.ClientCapability{ObjectMeta: meta, Spec: v1alpha1.ClientCapabilitySpec{Delivery: delivery}}
			p := &pass{key: key, capability: declared}
			if err := r.gatherSecrets(t.Context(), behind, false, p); err != nil || p.secret != nil {
				t.Fatalf("gathered %v, %v", p.secret, err)
			}

			q := priorityqueue.New[reconcile.Request]("test")
			defer q.ShutDown()
			r.tokenSecretEvents().Create(t.Context(), event.CreateEvent{Object: secret}, q)
			if q.Len() != heard {
				t.Errorf("%d are woken by it, and not %d", q.Len(), heard)
			}
		})
	}
}
