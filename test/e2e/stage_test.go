//go:build e2e

package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// stage is a user's namespace with a Twilio account, under pod security restricted unless made in another.
type stage struct {
	t         *testing.T
	namespace string
	authToken string
}

const (
	accountName = "twilio"
	accountSID  = "AC0123456789abcdef0123456789abcdef"
)

func newStage(t *testing.T, name string) *stage {
	t.Helper()
	return newStageIn(t, newNamespace(t, name))
}

func newStageIn(t *testing.T, namespace string) *stage {
	t.Helper()
	s := &stage{t: t, namespace: namespace, authToken: newAuthToken()}
	s.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: accountName, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: accountSID, v1alpha1.DefaultAuthTokenKey: s.authToken},
	})
	return s
}

func newNamespace(t *testing.T, name string) string {
	t.Helper()
	return newNamespaceUnder(t, name, "restricted")
}

// newNamespaceUnder has pod security enforce another level.
func newNamespaceUnder(t *testing.T, name, level string) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-" + name + "-", Labels: map[string]string{
		"pod-security.kubernetes.io/enforce": level,
		"pod-security.kubernetes.io/warn":    level,
	}}}
	if err := objects.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := objects.Delete(ctx, namespace); err != nil {
			t.Error(err)
		}
	})
	explainFailure(t, namespace.Name)
	return namespace.Name
}

// newAuthToken is made up anew, of the form that Twilio's have.
func newAuthToken() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // which never fails
	return hex.EncodeToString(random[:])
}

func (s *stage) create(object client.Object) {
	s.t.Helper()
	if err := objects.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
}

// declare makes a ClientCapability of the lifetime with all defaults, changed as told.
func (s *stage) declare(name, ttl string, changes ...func(*v1alpha1.ClientCapability)) {
	s.t.Helper()
	declared := &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: accountName}, ClientName: name, Incoming: true, TTL: v1alpha1.Duration(ttl),
		},
	}
	for _, change := range changes {
		change(declared)
	}
	s.create(declared)
}

// patch is a JSON merge patch of an object of that name.
func (s *stage) patch(object client.Object, name, patch string) {
	s.t.Helper()
	object.SetNamespace(s.namespace)
	object.SetName(name)
	if err := objects.Patch(s.t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) rotate() {
	s.t.Helper()
	s.authToken = newAuthToken()
	s.patch(&corev1.Secret{}, accountName, `{"stringData": {"`+v1alpha1.DefaultAuthTokenKey+`": "`+s.authToken+`"}}`)
}

func (s *stage) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	return secret, objects.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, secret)
}

// awaitToken waits until the Secret holds a token that today's AuthToken signed and that another Secret, or none, held
// before.
func (s *stage) awaitToken(limit time.Duration, what, name string, before *corev1.Secret) *corev1.Secret {
	s.t.Helper()
	var secret *corev1.Secret
	took := await(s.t, limit, what, func(ctx context.Context) (err error) {
		if secret, err = s.secret(ctx, name); err != nil {
			return err
		}
		text := string(secret.Data[v1alpha1.DefaultTokenKey])
		if before != nil && text == string(before.Data[v1alpha1.DefaultTokenKey]) {
			return errors.New("the token is still the former one")
		}
		_, err = capability.Verify(text, s.authToken, time.Now())
		return err
	})
	if before != nil {
		results.figure("%s: %s", what, took.Round(pollInterval))
	}
	return secret
}

// awaitReason waits until the operator says of the present generation that it is Ready for this reason.
func (s *stage) awaitReason(name, reason string) {
	s.t.Helper()
	await(s.t, 30*time.Second, name+" is Ready for the reason "+reason, func(ctx context.Context) error {
		declared := &v1alpha1.ClientCapability{}
		if err := objects.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, declared); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(declared.Status.Conditions, v1alpha1.ReadyCondition)
		if ready == nil || ready.ObservedGeneration != declared.Generation || ready.Status != metav1.ConditionTrue || ready.Reason != reason {
			return fmt.Errorf("Ready is %+v", ready)
		}
		return nil
	})
}
