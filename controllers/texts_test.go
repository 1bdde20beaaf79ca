package controllers

import (
	"strings"
	"testing"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// decoded is a Secret as the API server sends it: no text shares its bytes with another.
func decoded(name string) *corev1.Secret {
	own := strings.Clone
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: own(name), Namespace: "support", ResourceVersion: "7",
			Annotations: map[string]string{own(v1alpha1.OwnerAnnotation): own(name), own("example.com/mine"): own("value")},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: own(v1alpha1.GroupVersion.String()), Kind: own(v1alpha1.Kind), Name: own(name), UID: "uid", Controller: new(true),
			}},
		},
		Type: corev1.SecretType(own(string(v1alpha1.SecretType))),
		Data: map[string][]byte{own("token"): []byte("a.b.c"), own("expires-at"): []byte("2026-03-04T12:00:00Z")},
	}
}

func TestWhatIsCachedSharesItsTextsAndSaysWhatItSaid(t *testing.T) {
	a, err := stripSecret(decoded("tommy"))
	if err != nil {
		t.Fatal(err)
	}
	secret := a.(*corev1.Secret)
	if !equality.Semantic.DeepEqual(secret, decoded("tommy")) {
		t.Fatalf("the cached Secret is another: %v", secret)
	}
	same := func(what, a, b string) {
		t.Helper()
		if unsafe.StringData(a) != unsafe.StringData(b) {
			t.Errorf("%s is a copy", what)
		}
	}
	ref := secret.OwnerReferences[0]
	same("the reference's kind", ref.Kind, v1alpha1.Kind)
	same("the reference's version", ref.APIVersion, texts[v1alpha1.GroupVersion.String()])
	same("the owner's name", ref.Name, secret.Name)
	same("the owner's annotation", secret.Annotations[v1alpha1.OwnerAnnotation], secret.Name)
	for key := range secret.Data {
		same("the key "+key, key, texts[key])
	}

	valid := metav1.Condition{Type: strings.Clone("Ready"), Status: "True", Reason: strings.Clone("TokenValid"), Message: strings.Clone(messageValid)}
	other := metav1.Condition{Type: "Ready", Status: "False", Reason: "AccountNotFound", Message: "something else"}
	capability := &v1alpha1.ClientCapability{Status: v1alpha1.ClientCapabilityStatus{Conditions: []metav1.Condition{valid, other}}}
	shareTexts(capability)
	if !equality.Semantic.DeepEqual(capability.Status.Conditions, []metav1.Condition{valid, other}) {
		t.Fatalf("the cached conditions are others: %v", capability.Status.Conditions)
	}
	same("the message", capability.Status.Conditions[0].Message, texts[messageValid])
}
