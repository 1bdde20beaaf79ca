//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// replicas is how many managers the manifests run.
	replicas = 2
	// nonRoot is the user that they run as.
	nonRoot = 65532
	// becameLeader is what a manager logs once; one that loses the lease ends.
	becameLeader = "Successfully acquired lease"
)

func testInstallation(t *testing.T) {
	explainFailure(t, operatorNamespace)
	install(t)
	results.figure("installed and ready: %s", awaitReplicas(t).Round(pollInterval))
	pods, err := managers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		t.Run(pod.Name, func(t *testing.T) { checkConfinement(t, pod) })
	}
	leader := awaitLeader(t)
	first, err := lease(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	await(t, 30*time.Second, "the leader renews its lease", func(ctx context.Context) error {
		now, err := lease(ctx)
		if err == nil && !now.Spec.RenewTime.After(first.Spec.RenewTime.Time) {
			err = errors.New("it has not yet")
		}
		return err
	})
	t.Logf("%s leads", leader.Name)
}

func checkConfinement(t *testing.T, pod corev1.Pod) {
	container, status := pod.Spec.Containers[0], pod.Status.ContainerStatuses[0]
	if !*pod.Spec.SecurityContext.RunAsNonRoot || !*container.SecurityContext.ReadOnlyRootFilesystem {
		t.Error("it may run as root or write to its root file system")
	}
	if *container.SecurityContext.AllowPrivilegeEscalation || fmt.Sprint(container.SecurityContext.Capabilities.Drop) != "[ALL]" {
		t.Error("it may gain privileges")
	}
	if pod.Spec.ServiceAccountName != "capability-operator" {
		t.Errorf("it runs as ServiceAccount %s", pod.Spec.ServiceAccountName)
	}
	// Where the container runtime tells whom it really runs.
	if user := status.User; user != nil && user.Linux != nil && (user.Linux.UID != nonRoot || user.Linux.GID != nonRoot) {
		t.Errorf("it runs as user %d and group %d", user.Linux.UID, user.Linux.GID)
	}
}

// awaitReplicas waits until every manager is ready, standbys too.
func awaitReplicas(t *testing.T) time.Duration {
	t.Helper()
	return await(t, 2*time.Minute, fmt.Sprintf("%d managers are ready", replicas), func(ctx context.Context) error {
		pods, err := managers(ctx)
		if err != nil {
			return err
		}
		ready := 0
		for _, pod := range pods {
			if pod.DeletionTimestamp.IsZero() && isReady(pod) {
				ready++
			}
		}
		if ready != replicas || len(pods) != replicas {
			return fmt.Errorf("of %d pods %d are ready", len(pods), ready)
		}
		return nil
	})
}

func isReady(pod corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func managers(ctx context.Context) ([]corev1.Pod, error) {
	pods := &corev1.PodList{}
	err := objects.List(ctx, pods, client.InNamespace(operatorNamespace),
		client.MatchingLabels{"app.kubernetes.io/name": "capability-operator", "app.kubernetes.io/component": "manager"})
	return pods.Items, err
}

func managerLog(ctx context.Context, pod string) ([]byte, error) {
	return core.CoreV1().Pods(operatorNamespace).GetLogs(pod, &corev1.PodLogOptions{}).DoRaw(ctx)
}

// awaitLeader finds the manager that leads.
func awaitLeader(t *testing.T) *corev1.Pod {
	t.Helper()
	var leader *corev1.Pod
	await(t, time.Minute, "one manager leads", func(ctx context.Context) error {
		pods, err := managers(ctx)
		if err != nil {
			return err
		}
		for _, pod := range pods {
			log, err := managerLog(ctx, pod.Name)
			if err != nil || !bytes.Contains(log, []byte(becameLeader)) {
				continue
			}
			leader = &pod
			return nil
		}
		return errors.New("none does")
	})
	return leader
}

func lease(ctx context.Context) (*coordinationv1.Lease, error) {
	lease := &coordinationv1.Lease{}
	return lease, objects.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: "capability-operator"}, lease)
}

// killTheLeader gives it no time to say goodbye, and returns when another leads.
func killTheLeader(t *testing.T) {
	t.Helper()
	leader := awaitLeader(t)
	former, err := lease(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := objects.Delete(t.Context(), leader, client.GracePeriodSeconds(0), client.Preconditions{UID: &leader.UID}); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "another manager holds the lease", func(ctx context.Context) error {
		now, err := lease(ctx)
		if err != nil {
			return err
		}
		if holder := now.Spec.HolderIdentity; holder == nil || *holder == "" || *holder == *former.Spec.HolderIdentity {
			return errors.New("nobody else does")
		}
		return nil
	})
	results.figure("the leader's pod is killed, and the standby leads: %s", time.Since(begun).Round(pollInterval))
	awaitReplicas(t)
}

// testLogs comes last: whatever the operator was refused is in there.
func testLogs(t *testing.T) {
	pods, err := managers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		log, err := managerLog(t.Context(), pod.Name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(log)) {
			switch {
			// A token's header, and what every AuthToken made up here is.
			case strings.Contains(line, "eyJ") || hexadecimal.MatchString(line):
				t.Errorf("%s has logged what looks like a token or a credential", pod.Name)
			// In a namespace on its way out nobody may create anything.
			case strings.Contains(line, "forbidden") && !strings.Contains(line, "is being terminated"):
				t.Errorf("%s was refused something: %s", pod.Name, line)
			case strings.Contains(line, `"level":"ERROR"`):
				t.Logf("%s: %s", pod.Name, line)
			}
		}
	}
}
