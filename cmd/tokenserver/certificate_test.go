package main

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/tokenserver/certificate"
)

// mendsItsCertificate breaks each of the three things that are kept.
func (w *world) mendsItsCertificate(t *testing.T, bearer string) {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: named("capability-operator-system", "tokenserver-certificate")}
	published := &corev1.ConfigMap{ObjectMeta: named("capability-operator-system", "tokenserver-ca")}
	registered := certificate.APIService()
	registered.SetName("v1alpha1.tokens.voice.capability-operator.io")
	kept := func() (made, told, known string) {
		for _, object := range []client.Object{secret, published, registered} {
			if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
				return "", err.Error(), ""
			}
		}
		known, _, _ = unstructured.NestedString(registered.Object, "spec", "caBundle")
		return string(secret.Data["ca.crt"]), published.Data["ca.crt"], known
	}
	before, _, _ := kept()
	if err := w.api.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]func() error{
		"a Secret that was deleted":    func() error { return nil },
		"a ConfigMap that was deleted": func() error { return w.api.Delete(t.Context(), published) },
		"a caBundle that was overwritten": func() error {
			return w.api.Patch(t.Context(), registered, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"caBundle":null}}`)))
		},
		"a Secret that was emptied":        func() error { secret.Data = nil; return w.api.Update(t.Context(), secret) },
		"a ConfigMap that was overwritten": func() error { published.Data = nil; return w.api.Update(t.Context(), published) },
	} {
		t.Run(name, func(t *testing.T) {
			kept()
			if err := broken(); err != nil {
				t.Fatal(err)
			}
			eventually(t, 10*time.Second, func() bool {
				made, told, known := kept()
				return made != "" && made != before && made == told && known != ""
			}, func() string { return w.log.String() })
		})
	}
	eventually(t, 10*time.Second, func() bool { return w.straight(t).ask(t, "tommy", `{}`, bearer).code == 201 }, func() string { return w.log.String() })
	w.awaitAvailable(t)
}
