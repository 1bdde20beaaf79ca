package plugin

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestMomentsAreSaidAsTheyAreFromNow(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]string{
		noon.Add(40 * time.Minute):     "in 40m, at 2026-03-04T12:40:00Z",
		noon.Add(-5 * time.Second):     "5s ago, at 2026-03-04T11:59:55Z",
		noon:                           "0s ago, at 2026-03-04T12:00:00Z",
		noon.Add(300 * 24 * time.Hour): "in 300d, at 2026-12-29T12:00:00Z",
	} {
		if got := moment(noon, at); got != want {
			t.Errorf("%v is said as %q, want %q", at, got, want)
		}
	}
}

func TestAllowedNamespacesAreSaidInWords(t *testing.T) {
	t.Parallel()
	selector := &v1alpha1.NamespaceSelector{
		MatchLabels: map[string]v1alpha1.LabelValue{"zone": "a", "voice": "production"},
		MatchExpressions: []v1alpha1.NamespaceSelectorRequirement{
			{Key: "env", Operator: "Exists"}, {Key: "team", Operator: "In", Values: []v1alpha1.LabelValue{"support", "sales"}},
		},
	}
	for want, allowed := range map[string]*v1alpha1.AllowedNamespaces{
		"none":           nil,
		"all":            {All: new(true)},
		"sales, support": {Names: []v1alpha1.NamespaceName{"sales", "support"}},
		"those labelled voice=production, zone=a, env Exists, team In sales, support": {Selector: selector},
	} {
		if got := allowedInWords(allowed); got != want {
			t.Errorf("they are said as %q, want %q", got, want)
		}
	}
}

func TestLimitsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		limits    *v1alpha1.Limits
		namespace string
		want      []string
	}{
		{nil, "support", []string{"no eventStream"}},
		{&v1alpha1.Limits{ApplicationSIDs: []v1alpha1.ApplicationSID{}, TokenTypes: []v1alpha1.LimitedTokenType{}, Capabilities: []v1alpha1.CapabilityName{}}, "",
			[]string{"tokenType none", "capabilities none", "applications none"}},
		{&v1alpha1.Limits{MinTTL: "1m", MaxTTL: "1h", ClientNamePattern: "$(namespace)_[a-z]+"}, "support",
			[]string{"ttl at least 1m", "ttl at most 1h", "no eventStream", "client names like support_[a-z]+"}},
		{&v1alpha1.Limits{ClientNamePattern: "$(namespace)_[a-z]+"}, "", []string{"no eventStream", "client names like $(namespace)_[a-z]+"}},
	} {
		if diff := cmp.Diff(tc.want, limitsInWords(tc.limits, tc.namespace)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestEventsOfEveryKindAreRead(t *testing.T) {
	t.Parallel()
	at := metav1.NewTime(noon)
	for name, tc := range map[string]struct {
		event corev1.Event
		count int32
	}{
		"of the old kind": {corev1.Event{LastTimestamp: at, Count: 3}, 3},
		"that came once":  {corev1.Event{EventTime: metav1.NewMicroTime(noon)}, 1},
		"in a series": {corev1.Event{EventTime: metav1.NewMicroTime(noon.Add(-time.Hour)),
			Series: &corev1.EventSeries{Count: 4, LastObservedTime: metav1.NewMicroTime(noon)}}, 4},
	} {
		if got := viewEvent(&tc.event); !got.At.Time.Equal(noon) || got.Count != tc.count {
			t.Errorf("an event %s is read as %+v", name, got)
		}
	}
}

func TestTheLastWriterComesFirst(t *testing.T) {
	t.Parallel()
	earlier, later := metav1.NewTime(noon), metav1.NewTime(noon.Add(time.Minute))
	secret := &corev1.Secret{}
	secret.ManagedFields = []metav1.ManagedFieldsEntry{
		{Manager: "helm", Time: &earlier}, {Manager: "kubectl", Time: &later}, {Manager: "helm", Time: &later}, {Manager: "old"},
	}
	want := []Writer{{"helm", later}, {"kubectl", later}}
	if diff := cmp.Diff(want, writersOf(secret)); diff != "" {
		t.Error(diff)
	}
}
