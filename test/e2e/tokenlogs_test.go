//go:build e2e

package e2e_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// explainTokenServer is explainFailure for the token server: all but the audit lines, which have client names.
func explainTokenServer(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		pods, err := tokenServers(ctx)
		if err != nil {
			t.Log(err)
		}
		for _, pod := range pods {
			log, err := managerLog(ctx, pod.Name)
			t.Logf("%s: %s, %v\n%s", pod.Name, pod.Status.Phase, err, strings.Join(lastWithoutAudit(log, 20), ""))
		}
	})
}

func lastWithoutAudit(log []byte, n int) []string {
	lines := slices.DeleteFunc(slices.Collect(strings.Lines(string(log))), func(line string) bool { return strings.Contains(line, auditMessage) })
	return lines[max(0, len(lines)-n):]
}

// auditMessage is that of the audit lines.
const auditMessage = "Token requested"

func (s *tokenStage) testTokenServerLogs() {
	audited := false
	for _, pod := range s.replicas() {
		log, err := managerLog(s.t.Context(), pod.Name)
		if err != nil {
			s.t.Fatal(err)
		}
		for line := range strings.Lines(string(log)) {
			audited = audited || strings.Contains(line, auditMessage)
			switch {
			case strings.Contains(line, "eyJ") || hexadecimal.MatchString(line):
				s.t.Errorf("%s has logged what looks like a token or a credential", pod.Name)
			case strings.Contains(line, "is forbidden"):
				s.t.Errorf("%s was refused something: %s", pod.Name, line)
			case strings.Contains(line, `"level":"ERROR"`):
				s.t.Logf("%s: %s", pod.Name, line)
			}
		}
	}
	if !audited {
		s.t.Error("nobody has logged a request")
	}
}

func removeTokenServer(ctx context.Context) error {
	text, err := onDemandManifests(ctx)
	if err != nil {
		return err
	}
	_, _, err = kubectl(ctx, text, "delete", "--ignore-not-found", "--timeout=1m", "-f", "-")
	return err
}

func (s *tokenStage) testRemoval(before map[string]string) {
	if err := removeTokenServer(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.mustShow(before)
	// What it wrote itself goes with the namespace, or is deleted.
	for name, object := range map[string]client.Object{certificateSecret: &corev1.Secret{}, published: &corev1.ConfigMap{}} {
		if err := objects.Get(s.t.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: name}, object); err != nil {
			s.t.Error(err)
			continue
		}
		if err := objects.Delete(s.t.Context(), object); err != nil && !apierrors.IsNotFound(err) {
			s.t.Error(err)
		}
	}
}
