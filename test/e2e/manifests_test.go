//go:build e2e

package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	repository = "../../"
	crdName    = "clientcapabilities." + v1alpha1.GroupName
)

// kubectl runs with the input and returns what it printed as output and as complaints.
func kubectl(ctx context.Context, input string, args ...string) (printed, complaints string, err error) {
	command := exec.CommandContext(ctx, cmp.Or(os.Getenv("KUBECTL"), "kubectl"), args...)
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &errs
	if err = command.Run(); err != nil {
		err = fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), errs.String(), err
}

func mustKubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	printed, _, err := kubectl(t.Context(), input, args...)
	if err != nil {
		t.Fatal(err)
	}
	return printed
}

// manifests are what is installed.
func manifests(ctx context.Context) (string, error) {
	return render(ctx, cmp.Or(os.Getenv("E2E_MANIFESTS"), "config/default"))
}

// onDemandManifests are what is installed beside them, for tokens on demand.
func onDemandManifests(ctx context.Context) (string, error) {
	return render(ctx, cmp.Or(os.Getenv("E2E_ONDEMAND_MANIFESTS"), "config/ondemand"))
}

func render(ctx context.Context, folder string) (string, error) {
	text, _, err := kubectl(ctx, "", "kustomize", repository+folder)
	if image := os.Getenv("E2E_IMAGE"); image != "" {
		text = strings.ReplaceAll(text, "image: capability-operator:dev\n", "image: "+image+"\n")
	}
	return text, err
}

// documentOf is the first of the kind.
func documentOf(t *testing.T, manifests, kind string) string {
	t.Helper()
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		if strings.Contains(document, "\nkind: "+kind+"\n") {
			return document
		}
	}
	t.Fatalf("the manifests have no %s", kind)
	return ""
}

func install(t *testing.T) {
	t.Helper()
	text, err := manifests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// On a node that came up a moment before, kubectl apply was seen to fail as a
	// whole, and to succeed seconds later. What it said then is kept.
	await(t, time.Minute, "the manifests are applied", func(ctx context.Context) error {
		_, _, err := kubectl(ctx, text, "apply", "-f", "-")
		if err != nil {
			results.figure("kubectl apply failed, and is tried again: %v", err)
		}
		return err
	})
	mustKubectl(t, "", "wait", "--for=condition=Established", "--timeout=30s", "crd/"+crdName)
}

func uninstall(ctx context.Context) error {
	text, err := manifests(ctx)
	if err != nil {
		return err
	}
	_, _, err = kubectl(ctx, text, "delete", "--ignore-not-found", "--timeout=2m", "-f", "-")
	return err
}

// refuseToReplace protects an installation that somebody uses: uninstalling it would delete every ClientCapability.
func refuseToReplace(t *testing.T) {
	t.Helper()
	err := objects.Get(t.Context(), client.ObjectKey{Name: crdName}, &apiextensionsv1.CustomResourceDefinition{})
	if err == nil {
		t.Fatalf("the cluster has the CRD %s already, and the tests would end by uninstalling it; uninstall it yourself first", crdName)
	}
	if !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// uninstallWhatIsLeft is for the end of a test, when its own context has ended.
func uninstallWhatIsLeft(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := uninstall(ctx); err != nil {
		t.Error(err)
	}
}
