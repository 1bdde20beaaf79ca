package admission_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

const (
	policyName = "capability-operator-short-lifetime"
	// saidBy is how the API server begins a policy's warning.
	saidBy = "Validation failed for ValidatingAdmissionPolicy '" + policyName + "' with binding '" + policyName + "': "

	failoverIsLate = "After a crash of the leading operator another takes over in about 20s"
	kubeletIsLate  = "Pods that mount the Secret see a new token up to 90s after it was written, so they may read an expired one at each renewal."
)

func TestAShortLifetimeIsSaidAloud(t *testing.T) {
	for _, c := range []struct {
		what, spec string
		begins     string // the first of the warning; empty for none
		because    string
		write      string // the last of it
	}{
		{"the default", `suspend: false`, "", "", ""},
		{"ttl of 10m, which the warnings advise", `ttl: 10m`, "", "", ""},
		{"the shortest ttl that leaves a kubelet its time", `ttl: 200s`, "", "", ""},
		{"a ttl of a second less", `ttl: 3m19s`, "99s before it expires (the default for spec.ttl: 3m19s).", kubeletIsLate, "Write ttl: 10m."},
		{"a ttl of a minute", `ttl: 1m`, "30s before it expires (the default for spec.ttl: 1m).", kubeletIsLate, "Write ttl: 10m."},
		{"a ttl too short for a failover", `ttl: 59s`, "29s before it expires (the default for spec.ttl: 59s).", failoverIsLate, "Write ttl: 10m."},
		{"the shortest ttl", `ttl: 5s`, "2s before it expires (the default for spec.ttl: 5s).", failoverIsLate, "Write ttl: 10m."},
		{"the longest ttl, in a form of 16 characters", `ttl: 00023h059m00060s`, "", "", ""},
		{"a renewBefore that leaves a kubelet its time", `renewBefore: 100s`, "", "", ""},
		{"the same in a ttl that is short by default", `ttl: 2m, renewBefore: 100s`, "", "", ""},
		{"a renewBefore of a second less", `renewBefore: 99s`,
			"99s before it expires (spec.renewBefore).", kubeletIsLate, "Write renewBefore: 2m, or leave it out, which makes it 1200s."},
		{"a renewBefore of a minute", `ttl: 24h, renewBefore: 1m`,
			"60s before it expires (spec.renewBefore).", kubeletIsLate, "Write renewBefore: 2m, or leave it out, which makes it 28800s."},
		{"a renewBefore that just suffices for a failover", `ttl: 200s, renewBefore: 30s`,
			"30s before it expires (spec.renewBefore).", kubeletIsLate, "Write renewBefore: 2m, or leave it out, which makes it 100s."},
		{"a renewBefore too short for a failover", `renewBefore: 29s`,
			"29s before it expires (spec.renewBefore).", failoverIsLate, "Write renewBefore: 2m, or leave it out, which makes it 1200s."},
		{"a renewBefore and a ttl that are both short", `ttl: 2m, renewBefore: 80s`,
			"80s before it expires (spec.renewBefore).", kubeletIsLate, "Write ttl: 10m and leave renewBefore out."},
		{"the shortest of both", `ttl: 5s, renewBefore: 1s`,
			"1s before it expires (spec.renewBefore).", failoverIsLate, "Write ttl: 10m and leave renewBefore out."},
		{"a short ttl that is suspended", `ttl: 5s, suspend: true`, "", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			heard, client := listener(t)
			if _, err := client.Create(t.Context(), declaration(t, "tommy", with(c.spec)), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			warnings := heard.all()
			if c.begins == "" {
				if len(warnings) > 0 {
					t.Errorf("warned of: %q", warnings)
				}
				return
			}
			if len(warnings) != 1 {
				t.Fatalf("the warnings are %d and not 1: %q", len(warnings), warnings)
			}
			t.Log(warnings[0])
			said := strings.TrimPrefix(warnings[0], saidBy)
			if !strings.HasPrefix(said, "the token is renewed only "+c.begins) || !strings.Contains(said, c.because) || !strings.HasSuffix(said, " "+c.write) {
				t.Errorf("it does not say %q, %q and %q", c.begins, c.because, c.write)
			}
		})
	}
}

// A warning's arithmetic is written a second time, in CEL. It must be the operator's own.
func TestTheWarningCountsAsTheOperatorDoes(t *testing.T) {
	heard, client := listener(t)
	for seconds := 5; seconds < 400; seconds += 7 {
		ttl := fmt.Sprintf("%ds", seconds)
		_, err := client.Create(t.Context(), declaration(t, "tommy", with("ttl: "+ttl)), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			t.Fatal(err)
		}
		before := issuance.RenewBefore(&v1alpha1.ClientCapability{Spec: v1alpha1.ClientCapabilitySpec{TTL: v1alpha1.Duration(ttl)}})
		var want string
		if before < 100*time.Second {
			want = fmt.Sprintf("only %ds before", int(before.Seconds()))
		}
		if said := strings.Join(heard.take(), "\n"); !strings.Contains(said, want) || want == "" && said != "" {
			t.Errorf("ttl %s is renewed %s before its expiry, and the warning is %q", ttl, before, said)
		}
	}
}

func TestAWarningIsGivenOnlyWhenTheDeclarationChanges(t *testing.T) {
	heard, client := listener(t)
	if _, err := client.Create(t.Context(), declaration(t, "tommy", with(`ttl: 30s`)), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := heard.take(); len(got) != 1 {
		t.Fatalf("the creation is warned of thus: %q", got)
	}
	for _, c := range []struct {
		change, patch, subresource string
		warned                     bool
	}{
		{"a label", `{"metadata": {"labels": {"team": "support"}}}`, "", false},
		{"an annotation", `{"metadata": {"annotations": {"` + v1alpha1.RenewRequestedAtAnnotation + `": "2026-01-02T15:04:05Z"}}}`, "", false},
		{"what it is already", `{"spec": {"ttl": "30s"}}`, "", false},
		{"its status", `{"status": {"observedGeneration": 1}}`, "status", false},
		{"what has nothing to do with time", `{"spec": {"clientName": "tommy2"}}`, "", true},
		{"an end to its renewals", `{"spec": {"suspend": true}}`, "", false},
		{"a return of its renewals", `{"spec": {"suspend": false}}`, "", true},
		{"a longer ttl", `{"spec": {"ttl": "10m"}}`, "", false},
		{"a shorter one", `{"spec": {"ttl": "2m"}}`, "", true},
	} {
		t.Run("as "+c.change, func(t *testing.T) {
			var subresources []string
			if c.subresource != "" {
				subresources = append(subresources, c.subresource)
			}
			if _, err := client.Patch(t.Context(), "tommy", types.MergePatchType, []byte(c.patch), metav1.PatchOptions{}, subresources...); err != nil {
				t.Fatal(err)
			}
			if got := heard.take(); len(got) != 0 != c.warned {
				t.Errorf("the warnings are %q", got)
			}
		})
	}
}

// Nobody's declaration is refused for want of a warning.
func TestThePoliciesRefuseNothingAlsoWhereTheyFail(t *testing.T) {
	for _, name := range []string{policyName, "capability-operator-access-identity"} {
		policy, err := core.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := *policy.Spec.FailurePolicy; got != "Ignore" {
			t.Errorf("the failurePolicy of %s is %s", name, got)
		}
		binding, err := core.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(binding.Spec.ValidationActions); got != "[Warn]" {
			t.Errorf("the actions of %s are %s", name, got)
		}
	}
}

// listener is a client for one namespace of its own, and what the API server warns it of.
func listener(t *testing.T) (*warnings, dynamic.ResourceInterface) {
	t.Helper()
	heard := &warnings{}
	client, err := dynamic.NewForConfig(heard.attached())
	if err != nil {
		t.Fatal(err)
	}
	return heard, client.Resource(clientCapabilities).Namespace(newNamespace(t))
}

type warnings struct {
	mu    sync.Mutex
	texts []string
}

func (w *warnings) attached() *rest.Config {
	config := rest.CopyConfig(cluster.Config)
	config.WarningHandler = w
	return config
}

func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.texts
}

// take is what was heard since the last time.
func (w *warnings) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := w.texts
	w.texts = nil
	return texts
}

// awaitPolicies waits until the API server has taken up the policies, which is a moment after they were applied.
func awaitPolicies(ctx context.Context) error {
	heard := &warnings{}
	client, err := dynamic.NewForConfig(heard.attached())
	if err != nil {
		return err
	}
	short := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": v1alpha1.Kind, "metadata": map[string]any{"name": "tommy"},
		"spec": map[string]any{"accountRef": map[string]any{"name": "twilio"}, "clientName": "tommy.1", "incoming": true, "ttl": "5s",
			"tokenType": "Access"},
	}}
	var last error
	speaks := func(ctx context.Context) (bool, error) {
		_, last = client.Resource(clientCapabilities).Namespace("default").
			Create(ctx, short, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return len(heard.take()) == 2, nil
	}
	if err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, speaks); err != nil {
		return fmt.Errorf("waiting for the policies to be in force: %w", errors.Join(err, last))
	}
	return nil
}
