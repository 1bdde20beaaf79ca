//go:build e2e

package e2e_test

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// killerPod sees the processes of its node, and may kill those of its own user, as whom the token server runs.
func (s *tokenStage) killerPod() *corev1.Pod {
	pod := s.callerPod("killer", "other", "wait")
	pod.Spec.HostPID = true
	return pod
}

// loseReplicas kills one process after the other, which have no time to say goodbye; the pods start others. So it is
// also that one to which the API server has its connection.
func (s *tokenStage) loseReplicas(l *loads) {
	l.during("one replica is killed, and then the other", func() {
		for range tokenReplicas {
			before := restartsOf(s.replicas())
			said, err := s.inPod(s.t.Context(), "killer", "kill", "/tokenserver")
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Log(said)
			s.awaitTokenReplicas("the killed replica is there again", func(pods []corev1.Pod) error {
				if restartsOf(pods) <= before {
					return errors.New("none was restarted")
				}
				return nil
			})
		}
	})
}

func restartsOf(pods []corev1.Pod) (n int32) {
	for _, pod := range pods {
		for _, status := range pod.Status.ContainerStatuses {
			n += status.RestartCount
		}
	}
	return n
}

func (s *tokenStage) losePod(l *loads) {
	former := s.replicas()
	victim := former[0]
	l.during("a pod is deleted by force", func() {
		if err := objects.Delete(s.t.Context(), &victim, client.GracePeriodSeconds(0), client.Preconditions{UID: &victim.UID}); err != nil {
			s.t.Fatal(err)
		}
		s.awaitTokenReplicas("another pod is in its place", without(victim))
	})
}

func (s *tokenStage) restart(l *loads) {
	former := s.replicas()
	l.during("a rolling restart", func() {
		mustKubectl(s.t, "", "rollout", "restart", "deployment/"+tokenServer, "-n", operatorNamespace)
		mustKubectl(s.t, "", "rollout", "status", "deployment/"+tokenServer, "-n", operatorNamespace, "--timeout=2m")
		s.awaitTokenReplicas("both replicas are new, and the former ones have ended", without(former...))
	})
}

func (s *tokenStage) replicas() []corev1.Pod {
	s.t.Helper()
	pods, err := tokenServers(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return pods
}

func without(former ...corev1.Pod) func([]corev1.Pod) error {
	return func(pods []corev1.Pod) error {
		for _, pod := range pods {
			if slices.ContainsFunc(former, func(f corev1.Pod) bool { return f.UID == pod.UID }) {
				return fmt.Errorf("%s is still there", pod.Name)
			}
		}
		return nil
	}
}
