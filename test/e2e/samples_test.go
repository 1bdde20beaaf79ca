//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

var hexadecimal = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

func testSamples(t *testing.T) {
	s := &stage{t: t, namespace: newNamespace(t, "samples")}
	_, warnings, err := kubectl(t.Context(), "", "apply", "-k", repository+"config/samples", "-n", s.namespace)
	if err != nil {
		t.Fatal(err)
	}
	// Their lifetimes are too short for a failover and for a kubelet, and that is said.
	if got := strings.Count(warnings, "Warning: "); got != 2 || strings.Count(warnings, "Write ttl: 10m") != 2 {
		t.Errorf("kubectl warns thus:\n%s", warnings)
	}
	account := &corev1.Secret{}
	if err := objects.Get(t.Context(), client.ObjectKey{Namespace: s.namespace, Name: "twilio"}, account); err != nil {
		t.Fatal(err)
	}
	s.authToken = string(account.Data[v1alpha1.DefaultAuthTokenKey])
	for _, name := range []string{"tommy", "support"} {
		first := s.awaitToken(30*time.Second, "the first token of sample "+name, name, nil)
		s.awaitReason(name, v1alpha1.ReasonTokenValid)
		s.checkGrant(name, first)
		s.awaitToken(30*time.Second, "the second token of sample "+name, name, first)
	}
	s.awaitEvent("Issued")
	t.Logf("kubectl get ccap prints:\n%s", mustKubectl(t, "", "get", "ccap", "-n", s.namespace))
}

// checkGrant compares what the token permits with what the sample declares.
func (s *stage) checkGrant(name string, secret *corev1.Secret) {
	s.t.Helper()
	declared := &v1alpha1.ClientCapability{}
	if err := objects.Get(s.t.Context(), client.ObjectKey{Namespace: s.namespace, Name: name}, declared); err != nil {
		s.t.Fatal(err)
	}
	token, err := capability.Parse(string(secret.Data[v1alpha1.DefaultTokenKey]))
	if err != nil {
		s.t.Fatal(err)
	}
	grant := token.Grant
	if grant.ClientName != declared.Spec.ClientName || grant.Incoming != declared.Spec.Incoming ||
		(grant.Outgoing == nil) != (declared.Spec.Outgoing == nil) {
		s.t.Errorf("%s declares %+v, and its token permits %+v", name, declared.Spec, grant)
	}
	if lifetime := token.ExpiresAt.Sub(token.IssuedAt); lifetime != declared.Spec.TTL.Value() {
		s.t.Errorf("%s declares a ttl of %s, and its token lives for %s", name, declared.Spec.TTL, lifetime)
	}
}

func (s *stage) awaitEvent(reason string) {
	s.t.Helper()
	await(s.t, 30*time.Second, "an event says "+reason, func(ctx context.Context) error {
		events := &corev1.EventList{}
		if err := objects.List(ctx, events, client.InNamespace(s.namespace)); err != nil {
			return err
		}
		for _, event := range events.Items {
			if event.Reason == reason && event.InvolvedObject.Kind == v1alpha1.Kind {
				return nil
			}
		}
		return errors.New("none does")
	})
}
