//go:build e2e

package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/test/e2e/sightings"
)

// kubeletLimit is far over the 90 s that a kubelet takes at most by its defaults: its speed is not what is tested.
const kubeletLimit = 3 * time.Minute

// consumer is the pod of a Deployment that mounts a token and logs what it reads.
type consumer struct {
	t         *testing.T
	namespace string
	pod       string
	uid       types.UID
}

func (s *stage) mount(secret string) *consumer {
	s.t.Helper()
	s.create(consumerDeployment(s.namespace, secret))
	c := &consumer{t: s.t, namespace: s.namespace}
	await(s.t, time.Minute, "the pod that mounts Secret "+secret+" runs", func(ctx context.Context) error {
		pods := &corev1.PodList{}
		if err := objects.List(ctx, pods, client.InNamespace(s.namespace), client.MatchingLabels{"app": "consumer"}); err != nil {
			return err
		}
		if len(pods.Items) != 1 {
			return fmt.Errorf("there are %d pods", len(pods.Items))
		}
		if phase := pods.Items[0].Status.Phase; phase != corev1.PodRunning {
			return fmt.Errorf("it is %s", phase)
		}
		c.pod, c.uid = pods.Items[0].Name, pods.Items[0].UID
		return nil
	})
	return c
}

func consumerDeployment(namespace, secret string) *appsv1.Deployment {
	labels := map[string]string{"app": "consumer"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "consumer"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					AutomountServiceAccountToken: new(false),
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot: new(true), RunAsUser: new(int64(65532)), RunAsGroup: new(int64(65532)),
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{{
						Name:            "consumer",
						Image:           cmp.Or(os.Getenv("E2E_CONSUMER_IMAGE"), "localhost/capability-operator-consumer:dev"),
						ImagePullPolicy: corev1.PullIfNotPresent,
						Args:            []string{"--file=/var/run/twilio/token"},
						SecurityContext: &corev1.SecurityContext{
							AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
							Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
						},
						VolumeMounts: []corev1.VolumeMount{{Name: "twilio", MountPath: "/var/run/twilio", ReadOnly: true}},
					}},
					Volumes: []corev1.Volume{{Name: "twilio", VolumeSource: corev1.VolumeSource{
						Secret: &corev1.SecretVolumeSource{SecretName: secret},
					}}},
				},
			},
		},
	}
}

// lines are what the pod has logged. It is one pod, with one container, from beginning to end.
func (c *consumer) lines(ctx context.Context) ([]sightings.Line, error) {
	pod := &corev1.Pod{}
	if err := objects.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: c.pod}, pod); err != nil {
		return nil, err
	}
	if pod.UID != c.uid || len(pod.Status.ContainerStatuses) != 1 || pod.Status.ContainerStatuses[0].RestartCount != 0 {
		return nil, errors.New("the pod was replaced or restarted")
	}
	log, err := core.CoreV1().Pods(c.namespace).GetLogs(c.pod, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	return parseLines(log)
}

func parseLines(log []byte) ([]sightings.Line, error) {
	var lines []sightings.Line
	for text := range bytes.Lines(log) {
		if !bytes.HasSuffix(text, []byte("\n")) {
			break // it is still being written
		}
		var line sightings.Line
		if err := json.Unmarshal(text, &line); err != nil {
			return nil, fmt.Errorf("the pod's log has a line that is not the program's: %w", err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// awaitTokens waits until the pod has seen so many tokens, and no read in vain.
func (c *consumer) awaitTokens(limit time.Duration, n int) {
	c.t.Helper()
	awaitEvery(c.t, time.Second, limit, fmt.Sprintf("the pod has seen %d tokens", n), func(ctx context.Context) error {
		lines, err := c.lines(ctx)
		if err != nil {
			return err
		}
		if got := len(tokensOf(lines)); got < n {
			return fmt.Errorf("it has seen %d; its counts are %+v", got, countsOf(lines))
		}
		return nil
	})
}

// finish reads the whole log, and fails for every read that gave an application nothing to work with.
func (c *consumer) finish(name string) {
	c.t.Helper()
	lines, err := c.lines(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	results.pod(name, lines)
	counts := countsOf(lines)
	if counts.Bad() > 0 || counts.LeastRemaining <= 0 {
		c.t.Errorf("an application would have had nothing to work with: %+v", counts)
	}
	// Five reads a second, and a machine that is as busy as it may be.
	if begun, ended := lines[0].At, lines[len(lines)-1].At; counts.Reads < int(ended.Sub(begun).Seconds()) {
		c.t.Errorf("%d reads in %s are too few to tell", counts.Reads, ended.Sub(begun))
	}
}
