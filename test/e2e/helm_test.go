//go:build e2e

package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	release = "capability-operator"
	chart   = "charts/capability-operator"
	// crowd is how many objects renew while versions change.
	crowd = 200
)

// version is a checkout of the project, and the image that was built from it.
type version struct{ folder, image string }

func (v version) values(t *testing.T) []string {
	t.Helper()
	var flags []string
	if path := os.Getenv("E2E_HELM_VALUES"); path != "" {
		flags = append(flags, "--values", filepath.Join(v.folder, path))
	}
	if v.image != "" {
		repository, tag, found := strings.Cut(v.image, ":")
		if !found {
			t.Fatalf("the image %q has no tag", v.image)
		}
		flags = append(flags, "--set", "image.repository="+repository, "--set", "image.tag="+tag)
	}
	return flags
}

func mustHelm(t *testing.T, args ...string) {
	t.Helper()
	if err := helm(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

func helm(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, cmp.Or(os.Getenv("HELM"), "helm"), args...)
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		return fmt.Errorf("helm %s: %w\n%s", strings.Join(args, " "), err, &printed)
	}
	return nil
}

// It comes after the installation by kustomize, which is gone by then.
func TestAReleaseByHelm(t *testing.T) {
	former := version{os.Getenv("E2E_PREVIOUS"), os.Getenv("E2E_PREVIOUS_IMAGE")}
	if former.folder == "" {
		t.Skip("E2E_PREVIOUS names no checkout of an earlier version to upgrade from")
	}
	refuseToReplace(t)
	home := newNamespaceUnder(t, "helm", cmp.Or(os.Getenv("E2E_HELM_LEVEL"), "restricted"))
	t.Cleanup(func() { removeRelease(t, home) })
	s := newStage(t, "release")

	begun := time.Now()
	mustHelm(t, append([]string{
		"install", release, filepath.Join(former.folder, chart), "--namespace", home, "--wait", "--timeout", "3m",
	}, former.values(t)...)...)
	s.declare("tommy", "1h")
	lasting := s.awaitToken(time.Minute, "a token of a release by Helm", "tommy", nil)
	results.figure("Helm: from nothing to a token in %s", time.Since(begun).Round(pollInterval))

	watched := s.gather(crowd)
	begun = time.Now()
	mustHelm(t, append([]string{
		"upgrade", release, repository + chart, "--namespace", home, "--wait", "--timeout", "3m",
	}, version{repository, os.Getenv("E2E_IMAGE")}.values(t)...)...)
	watched.awaitRenewalOfAll("after the upgrade")
	results.figure("Helm: upgraded, and each of %d tokens renewed after it, in %s", crowd, time.Since(begun).Round(pollInterval))

	begun = time.Now()
	mustHelm(t, "rollback", release, "1", "--namespace", home, "--wait", "--timeout", "3m")
	watched.awaitRenewalOfAll("after the rollback")
	results.figure("Helm: rolled back, and each renewed after that, in %s", time.Since(begun).Round(pollInterval))
	watched.check()

	mustHelm(t, "uninstall", release, "--namespace", home, "--wait", "--timeout", "3m")
	checkWhatIsKept(t, s)
	if now, err := s.secret(t.Context(), "tommy"); err != nil || now.ResourceVersion != lasting.ResourceVersion {
		t.Errorf("a token that was not due was written by an upgrade, a rollback or an uninstallation: %v", err)
	}
}

// checkWhatIsKept looks at once and when the garbage collector would have been there.
func checkWhatIsKept(t *testing.T, s *stage) {
	t.Helper()
	declared := &v1alpha1.ClientCapabilityList{}
	if err := objects.List(t.Context(), declared, client.InNamespace(s.namespace)); err != nil {
		t.Fatal(err)
	}
	if len(declared.Items) != crowd+1 {
		t.Errorf("of %d declarations %d outlived the release", crowd+1, len(declared.Items))
	}
	// What the garbage collector does to a Secret whose owner is gone shows that it has been there since.
	s.create(orphan(s.namespace))
	await(t, time.Minute, "the garbage collector has been there", func(ctx context.Context) error {
		if _, err := s.secret(ctx, "orphan"); !apierrors.IsNotFound(err) {
			return errors.Join(errors.New("it has not"), err)
		}
		return nil
	})
	if left := len(s.tokens()); left != crowd+1 {
		t.Errorf("of %d Secrets %d outlived the release", crowd+1, left)
	}
}

// removeRelease is for the end of a test, when its own context has ended.
func removeRelease(t *testing.T, home string) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := helm(ctx, "uninstall", release, "--namespace", home, "--ignore-not-found", "--wait"); err != nil {
		t.Error(err)
	}
	for _, kind := range []string{"clientcapabilities", "clusteraccounts"} {
		if _, _, err := kubectl(ctx, "", "delete", "crd", "--ignore-not-found", "--timeout=2m", kind+"."+v1alpha1.GroupName); err != nil {
			t.Error(err)
		}
	}
}
