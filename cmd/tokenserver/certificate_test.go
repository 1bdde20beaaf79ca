package main

import (
	"encoding/base64"
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
		encoded, _, _ := unstructured.NestedString(registered.Object, "spec", "caBundle")
		bundle, _ := base64.StdEncoding.DecodeString(encoded) // what can't be read is unlike what is kept
		return string(secret.Data["ca.crt"]), published.Data["ca.crt"], string(bundle)
	}
	awaitWhole := func(t *testing.T) (authority string) {
		t.Helper()
		eventually(t, 10*time.Second, func() bool {
			made, told, known := kept()
			authority = made
			return made != "" && made == told && made == known
		}, func() string { return w.log.String() })
		return authority
	}
	for _, broken := range []struct {
		what string
		by   func() error
		lost bool // the authority's key, so that another one must be made
	}{
		{"a Secret that was deleted", func() error { return w.api.Delete(t.Context(), secret) }, true},
		{"a Secret that was emptied", func() error { secret.Data = nil; return w.api.Update(t.Context(), secret) }, true},
		{"a ConfigMap that was deleted", func() error { return w.api.Delete(t.Context(), published) }, false},
		{"a ConfigMap that was overwritten", func() error { published.Data = nil; return w.api.Update(t.Context(), published) }, false},
		{"a caBundle that was overwritten", func() error {
			return w.api.Patch(t.Context(), registered, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"caBundle":null}}`)))
		}, false},
	} {
		t.Run(broken.what, func(t *testing.T) {
			before := awaitWhole(t)
			if err := broken.by(); err != nil {
				t.Fatal(err)
			}
			if after := awaitWhole(t); (after != before) != broken.lost {
				t.Errorf("the authority is another one: %t, expected: %t", after != before, broken.lost)
			}
		})
	}
	eventually(t, 10*time.Second, func() bool { return w.straight(t).ask(t, "tommy", `{}`, bearer).code == 201 }, func() string { return w.log.String() })
	w.awaitAvailable(t)
}
