//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func testUninstallation(t *testing.T) {
	s := newStage(t, "uninstall")
	s.declare("gone", "1h")
	s.declare("kept", "1h", retain)
	s.awaitToken(30*time.Second, "a first token, in a Secret that goes with its declaration", "gone", nil)
	kept := s.awaitToken(30*time.Second, "a first token, in a Secret that is retained", "kept", nil)

	begun := time.Now()
	if err := uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	results.figure("uninstalled: %s", time.Since(begun).Round(pollInterval))
	text, err := manifests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := mustKubectl(t, text, "get", "--ignore-not-found", "-o", "name", "-f", "-"); left != "" {
		t.Errorf("of what was installed there is left:\n%s", left)
	}
	await(t, time.Minute, "the Secret of a declaration that went with the CRD is gone", func(ctx context.Context) error {
		if _, err := s.secret(ctx, "gone"); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %w", err)
		}
		return nil
	})
	for _, name := range []string{"kept", accountName} {
		if _, err := s.secret(t.Context(), name); err != nil {
			t.Errorf("Secret %s should have been left alone: %v", name, err)
		}
	}

	install(t)
	awaitReplicas(t)
	s.declare("kept", "1h", retain)
	s.awaitReason("kept", v1alpha1.ReasonTokenValid)
	again, err := s.secret(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	if again.UID != kept.UID || !bytes.Equal(again.Data[v1alpha1.DefaultTokenKey], kept.Data[v1alpha1.DefaultTokenKey]) {
		t.Error("the retained Secret and its token, which was still good, are not those that were left")
	}
	if len(again.OwnerReferences) != 0 {
		t.Errorf("the retained Secret would be collected: %v", again.OwnerReferences)
	}
}

func retain(c *v1alpha1.ClientCapability) {
	c.Spec.Secret = &v1alpha1.SecretTarget{DeletionPolicy: v1alpha1.DeletionPolicyRetain}
}
