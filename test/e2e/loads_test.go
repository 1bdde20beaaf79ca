//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

const (
	// through and straight keep a connection for each worker; anew makes one for each request, by the authority that is
	// published at that moment.
	through, straight, anew = "through", "straight", "anew"
	// workers is how many of each ask at once.
	workers = 4
)

// loads are pods that ask without end, each in one way.
type loads struct {
	s    *tokenStage
	pods []string
}

func (s *tokenStage) startLoads() *loads {
	s.t.Helper()
	common := []string{"load", "--path=" + s.path(dialler), "--body=" + fiveSeconds, fmt.Sprintf("--workers=%d", workers), "--every=50ms"}
	s.startCallers(
		s.callerPod(through, "app", common...),
		s.callerPod(straight, "app", slices.Concat(common, s.straightly())...),
		s.callerPod(anew, "app", slices.Concat(common, s.straightly("--anew", "--every=1s"))...),
	)
	l := &loads{s: s, pods: []string{through, straight, anew}}
	l.settled("the loads get their answers")
	return l
}

// lines are what the pod has logged.
func (l *loads) lines(ctx context.Context, pod string) ([]asking.Line, error) {
	log, err := core.CoreV1().Pods(l.s.namespace).GetLogs(pod, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	var lines []asking.Line
	for text := range bytes.Lines(log) {
		if !bytes.HasSuffix(text, []byte("\n")) {
			break // it is still being written
		}
		line := asking.Line{}
		if err := json.Unmarshal(text, &line); err != nil {
			return nil, fmt.Errorf("the pod's log has a line that is not the program's: %w", err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// settled waits until every load has got answers for a second, without trying again and with none that waits, and
// returns the counts of that moment.
func (l *loads) settled(what string) map[string]asking.Line {
	l.s.t.Helper()
	begun, now := time.Now(), map[string]asking.Line{}
	await(l.s.t, 2*time.Minute, what, func(ctx context.Context) error {
		for _, pod := range l.pods {
			lines, err := l.lines(ctx, pod)
			if err != nil {
				return err
			}
			if err := quiet(lines, begun); err != nil {
				return fmt.Errorf("%s: %w", pod, err)
			}
			now[pod] = lines[len(lines)-1]
		}
		return nil
	})
	return now
}

func quiet(lines []asking.Line, since time.Time) error {
	const seen = 3 // lines, of which there are two each second
	if len(lines) < seen || lines[len(lines)-seen].At.Before(since) {
		return errors.New("it has not said enough")
	}
	last, before := lines[len(lines)-1], lines[len(lines)-seen]
	counts := last.Counts.Since(before.Counts)
	if counts.Retried > 0 || counts.Lost > 0 || counts.Answered == 0 || last.Waiting > 1 {
		return fmt.Errorf("requests are in trouble: %+v, one waits for %g s", counts, last.Waiting)
	}
	return nil
}

// during does something to the token server, waits until the loads are well again, and returns what became of their
// requests meanwhile. None may be lost.
func (l *loads) during(what string, do func()) map[string]asking.Counts {
	l.s.t.Helper()
	before := l.settled("before it, the loads are well: " + what)
	do()
	after := l.settled("the loads are well again: " + what)
	counts, texts := map[string]asking.Counts{}, []string{}
	for _, pod := range l.pods {
		c := after[pod].Counts.Since(before[pod].Counts)
		counts[pod] = c
		slowest, err := l.slowest(pod, before[pod].At)
		if err != nil {
			l.s.t.Error(err)
		}
		if c.Lost > 0 {
			l.s.t.Errorf("%s: %d requests were lost: %v", pod, c.Lost, c.Losses)
		}
		if c.Retried > 0 {
			l.s.t.Logf("%s: %s: attempts failed, and were made again: %v", what, pod, c.Causes)
		}
		texts = append(texts, fmt.Sprintf("%s %d requests, %d attempts again, %d lost, %d connections, slowest %.2f s",
			pod, c.Answered, c.Retried, c.Lost, c.Dialed, slowest))
	}
	results.figure("token server: %s: %s", what, strings.Join(texts, "; "))
	return counts
}

func (l *loads) slowest(pod string, since time.Time) (float64, error) {
	lines, err := l.lines(l.s.t.Context(), pod)
	slowest := 0.0
	for _, line := range lines {
		if line.At.After(since) {
			slowest = max(slowest, line.Slowest)
		}
	}
	return slowest, err
}

// testLosses is about what happens to replicas and to certificates.
func (s *tokenStage) testLosses() {
	l := s.startLoads()
	s.startCallers(s.killerPod())
	s.run("replicas that are killed", func() { s.loseReplicas(l) })
	s.run("a pod that is deleted by force", func() { s.losePod(l) })
	s.run("a rolling restart", func() { s.restart(l) })
	s.run("a certificate that is renewed", func() { s.renewCertificate(l) })
	s.run("an authority that is renewed", func() { s.renewAuthority(l) })
	s.run("a Secret of the certificate that is deleted", func() { s.loseCertificate(l) })
	for _, pod := range l.pods {
		mustKubectl(s.t, "", "delete", "pod", pod, "-n", s.namespace, "--wait=false")
	}
}
