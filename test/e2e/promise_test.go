//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/e2e/sightings"
)

const (
	// ttl, with the default renewBefore of two minutes: a renewal every four minutes, or up to a tenth sooner.
	ttl      = "6m"
	ttlValue = 6 * time.Minute
)

func testTwoRenewals(t *testing.T) {
	s := newStage(t, "renewals")
	s.declare("tommy", ttl)
	s.awaitToken(30*time.Second, "the first token of a new declaration is in the Secret", "tommy", nil)
	pod := s.mount("tommy")
	pod.awaitTokens(2*ttlValue+kubeletLimit, 3)
	pod.finish("Two renewals")
}

func testFaults(t *testing.T) {
	s := newStage(t, "faults")
	s.declare("tommy", ttl)
	first := s.awaitToken(30*time.Second, "another first token is in the Secret", "tommy", nil)
	pod := s.mount("tommy")
	pod.awaitTokens(time.Minute, 1)

	killTheLeader(t)

	s.rotate()
	rotated := s.awaitToken(10*time.Second, "the account is rotated, and the Secret has a token of the new AuthToken", "tommy", first)
	pod.awaitTokens(kubeletLimit, 2)

	// Suspended, the operator leaves a deleted Secret alone, so that the kubelet meets it missing.
	s.patch(&v1alpha1.ClientCapability{}, "tommy", `{"spec": {"suspend": true}}`)
	s.awaitReason("tommy", v1alpha1.ReasonSuspended)
	s.delete(rotated)
	s.awaitMissedByTheKubelet(pod, "tommy")
	s.patch(&v1alpha1.ClientCapability{}, "tommy", `{"spec": {"suspend": false}}`)
	resumed := s.awaitToken(10*time.Second, "the renewals are resumed, and the missing Secret is there again", "tommy", rotated)
	pod.awaitTokens(kubeletLimit, 3)

	s.delete(resumed)
	s.awaitToken(10*time.Second, "the Secret is deleted, and there again with a new token", "tommy", resumed)
	pod.awaitTokens(kubeletLimit, 4)
	pod.finish("Killed, rotated, deleted")
}

// testWarnedOf is the counter-proof: what the policy warns of happens, and the consumer sees it.
func testWarnedOf(t *testing.T) {
	s := newStage(t, "short")
	s.declare("tommy", "1m")
	pod := s.mount("tommy")
	var counts sightings.Counts
	awaitEvery(t, time.Second, 2*kubeletLimit, "the pod has read an expired token", func(ctx context.Context) error {
		lines, err := pod.lines(ctx)
		if counts = countsOf(lines); err == nil && counts.Expired == 0 {
			err = fmt.Errorf("its counts are %+v", counts)
		}
		return err
	})
	if counts.Bad() != counts.Expired {
		t.Errorf("reads failed otherwise: %+v", counts)
	}
	results.figure("counter-proof: of tokens with a ttl of 1m, which the policy warns of, the pod reads expired ones")
}

func (s *stage) delete(secret *corev1.Secret) {
	s.t.Helper()
	if err := objects.Delete(s.t.Context(), secret, client.Preconditions{UID: &secret.UID}); err != nil {
		s.t.Fatal(err)
	}
}

// awaitMissedByTheKubelet waits until the kubelet has looked for the Secret and has said that it is missing: whatever it
// does to the files of the pod then, it has done.
func (s *stage) awaitMissedByTheKubelet(pod *consumer, secret string) {
	s.t.Helper()
	took := awaitEvery(s.t, time.Second, kubeletLimit, "the kubelet has missed the Secret", func(ctx context.Context) error {
		if _, err := s.secret(ctx, secret); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the Secret is there: %w", err)
		}
		events := &corev1.EventList{}
		if err := objects.List(ctx, events, client.InNamespace(s.namespace)); err != nil {
			return err
		}
		for _, event := range events.Items {
			if event.Reason == "FailedMount" && event.InvolvedObject.UID == pod.uid && strings.Contains(event.Message, secret) {
				return nil
			}
		}
		return errors.New("no event says so")
	})
	results.figure("a Secret that stays away is missed by the kubelet, which leaves the file as it is: %s", took.Round(time.Second))
}
