package rbac_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A namespace is added as docs/operations.md says, but for the order: the flag comes before the rights.
func TestANamespaceWithoutItsRightsIsSaidAndHoldsUpNoOtherAndIsTakenUpOnceItHasThem(t *testing.T) {
	o := overlays[3]
	in := o.install(t)
	makeNamespace(t, "billing")
	probes := in.run("--watch-namespaces=support,sales,billing")
	metrics := "http://" + in.metrics
	in.await(func(context.Context) error {
		return in.said("works without namespaces", "secrets", "billing", "may not list", "grant it list and watch")
	})
	in.await(func(ctx context.Context) error { return ready(ctx, probes) })
	in.serves("support")
	in.await(func(ctx context.Context) error {
		return scrape(ctx, metrics, "", "capability_operator_namespaces_left_out 1")
	})

	folder := o.folder(t)
	of := func(tenant string) string { return filepath.Join(folder, tenant, "kustomization.yaml") }
	edit(t, of(""), of(""), "- sales\n", "- sales\n- billing\n")
	edit(t, of("sales"), of("billing"), "sales", "billing")
	added := build(t, folder)
	t.Cleanup(func() { uninstall(t, added) })
	apply(t, added)

	for _, tenant := range []string{"billing", "sales"} {
		in.serves(tenant)
	}
	in.await(func(ctx context.Context) error { return ready(ctx, probes) })
	in.await(func(ctx context.Context) error {
		return scrape(ctx, metrics, "", "capability_operator_namespaces_left_out 0")
	})
}

func TestWithoutTheRightToReadClusterAccountsTheFlagIsNamedThatDoesWithoutThem(t *testing.T) {
	in := install(t, theWholeCluster, right{"list", lent, ""})
	in.run()
	in.await(func(context.Context) error {
		return in.said("clusteraccounts", "--cluster-accounts=false", "may not list")
	})
	role := &rbacv1.ClusterRole{}
	if err := objects.Get(t.Context(), client.ObjectKey{Name: in.account}, role); err != nil {
		t.Fatal(err)
	}
	role.Rules = append(role.Rules, rbacv1.PolicyRule{
		APIGroups: []string{"voice.capability-operator.io"}, Resources: []string{"clusteraccounts"}, Verbs: []string{"list"},
	})
	if err := objects.Update(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	lasting(t, twilio(in.namespace))
	lasting(t, tommy(in.namespace))
	in.await(func(ctx context.Context) error { return noToken(ctx, in.namespace, "tommy", authToken) })
}

// said is nil where one line of the log holds all the words.
func (o *operator) said(words ...string) error {
	for line := range strings.Lines(o.output.String()) {
		holds := true
		for _, word := range words {
			holds = holds && strings.Contains(line, word)
		}
		if holds {
			return nil
		}
	}
	return fmt.Errorf("no line of the log holds all of %q", words)
}

// edit writes a file with all occurrences of a text replaced.
func edit(t *testing.T, from, to, what, with string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(strings.ReplaceAll(string(content), what, with)), 0o600); err != nil {
		t.Fatal(err)
	}
}
