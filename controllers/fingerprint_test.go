package controllers

import (
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestEveryFieldOfTheStatusCountsInItsDigest(t *testing.T) {
	at := metav1.NewTime(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))
	full := func() v1alpha1.ClientCapabilityStatus {
		return v1alpha1.ClientCapabilityStatus{
			ObservedGeneration: 1, SecretName: "tommy", AccountSID: "AC0123456789abcdef0123456789abcdef", LastRenewRequest: &at,
			Token:      &v1alpha1.TokenStatus{IssuedAt: at, ExpiresAt: at, RenewsAt: &at, SignedBy: "AC0123456789abcdef0123456789abcdef"},
			Conditions: []metav1.Condition{{Type: "Ready", Status: "True", ObservedGeneration: 1, LastTransitionTime: at, Reason: "TokenIssued", Message: "is there"}},
		}
	}
	if one, other := statusDigest(full()), statusDigest(full()); one != other {
		t.Fatal("two equal statuses have different digests")
	}
	var visit func(path string, at func(*v1alpha1.ClientCapabilityStatus) reflect.Value)
	visit = func(path string, at func(*v1alpha1.ClientCapabilityStatus) reflect.Value) {
		template := full()
		value := at(&template)
		if value.Kind() == reflect.Struct && value.Type() != reflect.TypeFor[metav1.Time]() {
			for i := range value.NumField() {
				visit(path+"."+value.Type().Field(i).Name, func(s *v1alpha1.ClientCapabilityStatus) reflect.Value { return at(s).Field(i) })
			}
			return
		}
		if kind := value.Kind(); kind == reflect.Pointer && value.Type().Elem().Kind() == reflect.Struct && value.Type().Elem() != reflect.TypeFor[metav1.Time]() {
			visit(path, func(s *v1alpha1.ClientCapabilityStatus) reflect.Value { return at(s).Elem() })
		} else if kind == reflect.Slice {
			visit(path+"[0]", func(s *v1alpha1.ClientCapabilityStatus) reflect.Value { return at(s).Index(0) })
		}
		changed := full()
		at(&changed).SetZero()
		if statusDigest(changed) == statusDigest(full()) {
			t.Errorf("status%s does not count in the digest", path)
		}
	}
	visit("", func(s *v1alpha1.ClientCapabilityStatus) reflect.Value { return reflect.ValueOf(s).Elem() })
}
