package accounts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// cached is what the described cache does with Secrets.
func cached(t *testing.T) cache.ByObject {
	t.Helper()
	return cachedKind[*corev1.Secret](t)
}

// cachedKind is what it does with objects of a kind.
func cachedKind[T client.Object](t *testing.T) cache.ByObject {
	t.Helper()
	for object, by := range accounts.CacheOptions().ByObject {
		if _, ok := object.(T); ok {
			return by
		}
	}
	t.Fatalf("it holds no %T", *new(T))
	return cache.ByObject{}
}

func TestTheCacheHoldsThreeKindsAndNoOther(t *testing.T) {
	options := accounts.CacheOptions()
	if !options.ReaderFailOnMissingInformer {
		t.Error("a read of another kind would start to watch all of it")
	}
	var kinds []string
	for object := range options.ByObject {
		kind := object.GetObjectKind().GroupVersionKind().Kind // set for metadata alone, of which the type tells nothing
		kinds = append(kinds, strings.TrimSpace(fmt.Sprintf("%T %s", object, kind)))
	}
	slices.Sort(kinds)
	if diff := cmp.Diff([]string{"*v1.PartialObjectMetadata Namespace", "*v1.Secret", "*v1alpha1.ClusterAccount"}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestTheCacheHoldsLabelledSecretsAlone(t *testing.T) {
	selector := cached(t).Label
	for name, test := range map[string]struct {
		labels labels.Set
		held   bool
	}{
		"labelled":          {labels.Set{v1alpha1.AccountLabel: "true", "team": "support"}, true},
		"without labels":    {nil, false},
		"with other labels": {labels.Set{"team": "support"}, false},
		"labelled false":    {labels.Set{v1alpha1.AccountLabel: "false"}, false},
		"labelled emptily":  {labels.Set{v1alpha1.AccountLabel: ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if selector.Matches(test.labels) != test.held {
				t.Errorf("%v is held: %t", test.labels, !test.held)
			}
		})
	}
}

func TestTheCacheKeepsNothingButWhatIsRead(t *testing.T) {
	strip := cached(t).Transform
	deleted := metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	secret := account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: token}, func(s *corev1.Secret) {
		s.UID, s.ResourceVersion, s.Generation, s.GenerateName = "uid", "7", 3, "twilio-"
		s.Labels["team"] = "support"
		s.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: `{"data":"…"}`}
		s.Finalizers = []string{"example.com/hold"}
		s.OwnerReferences = []metav1.OwnerReference{{Name: "vault"}}
		s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
		s.CreationTimestamp, s.DeletionTimestamp = deleted, &deleted
	})
	want := account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: token}, func(s *corev1.Secret) {
		s.UID, s.ResourceVersion, s.DeletionTimestamp = "uid", "7", &deleted
	})
	if diff := cmp.Diff(want, stripped(t, strip, secret)); diff != "" {
		t.Error(diff)
	}
}

func TestTheCacheCutsWhatIsTooLongForACredential(t *testing.T) {
	strip := cached(t).Transform
	long := strings.Repeat("a", 1<<20)
	secret := stripped(t, strip, account(map[string]string{v1alpha1.DefaultAccountSIDKey: long, v1alpha1.DefaultAuthTokenKey: token}))
	cut := secret.Data[v1alpha1.DefaultAccountSIDKey]
	if cap(cut) > 4096 {
		t.Errorf("%d bytes are kept in memory", cap(cut))
	}
	if string(secret.Data[v1alpha1.DefaultAuthTokenKey]) != token {
		t.Error("what is short was cut too")
	}
	if err := capability.ValidateAuthToken(string(cut)); err == nil {
		t.Error("what was cut passes for an AuthToken")
	}
}

func TestTheCacheLeavesATombstoneAlone(t *testing.T) {
	tombstone := toolscache.DeletedFinalStateUnknown{Key: "support/twilio"}
	got, err := cached(t).Transform(tombstone)
	if diff := cmp.Diff(any(tombstone), got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func stripped(t *testing.T, strip toolscache.TransformFunc, object client.Object) *corev1.Secret {
	t.Helper()
	got, err := strip(object)
	if err != nil {
		t.Fatal(err)
	}
	secret, ok := got.(*corev1.Secret)
	if !ok {
		t.Fatalf("it is a %T now", got)
	}
	return secret
}
