package prometheus_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// served are the metrics that a manager serves that leads and has something to do, each with the labels of its series.
func served(t *testing.T) exposed {
	t.Helper()
	cluster := controlplane.StartFor(t, controlplane.Options{CRDPaths: []string{root + "/config/crd/bases"}})
	samples := exec.CommandContext(t.Context(), cluster.KubectlPath(), "--kubeconfig", cluster.Kubeconfig(), "apply", "-k", root+"/config/samples")
	if printed, err := samples.CombinedOutput(); err != nil {
		t.Fatalf("applying the samples: %v\n%s", err, printed)
	}
	address := controlplane.FreeAddress(t)
	end := runManager(t, "--kubeconfig="+cluster.Kubeconfig(), "--leader-elect", "--leader-election-namespace=default",
		"--health-probe-bind-address=0", "--metrics-secure=false", "--metrics-bind-address="+address)

	var page string
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		page = get(ctx, "http://"+address+"/metrics")
		return strings.Contains(page, `capability_operator_clientcapabilities{ready="True",reason="TokenValid"} 2`) &&
			strings.Contains(page, `leader_election_master_status{name="capability-operator"} 1`) &&
			strings.Contains(page, `leader_election_master_status{name="capability-operator-accounts"} 1`), nil
	})
	if err != nil {
		t.Fatalf("the samples are not Ready, or it does not lead: %v\n%s\nthe manager's log:\n%s", err, page, end())
	}
	return labelsOn(t, page)
}

// runManager builds a manager and has it run until the test ends, or until it is told to end; then it says what it logged.
func runManager(t *testing.T, args ...string) (end func() string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "manager")
	if printed, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, root+"/cmd/manager").CombinedOutput(); err != nil {
		t.Fatalf("building the manager: %v\n%s", err, printed)
	}
	var said bytes.Buffer
	running, kill := context.WithCancel(context.Background())
	manager := exec.CommandContext(running, program, args...)
	manager.Stdout, manager.Stderr = &said, &said
	if err := manager.Start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceValue(func() string {
		kill()
		_ = manager.Wait() // says that it was killed
		return said.String()
	})
	t.Cleanup(func() { end() })
	return end
}

// get is a page, or nothing where it is not there yet.
func get(ctx context.Context, url string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		return ""
	}
	return string(page)
}

// labelsOn reads a page of metrics. Histograms are there under the names of their series.
func labelsOn(t *testing.T, page string) exposed {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	found := exposed{}
	for name, family := range families {
		of := labels{}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				of[label.GetName()] = true
			}
		}
		found.add(name, family.GetType().String(), of)
	}
	return found
}
