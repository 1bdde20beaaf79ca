package rbac_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// sharded are the overlays that install several operators. The first shard works in the first tenant's namespace, the
// second in the second's.
var sharded = []overlay{
	{
		name: "config/sharded", folder: inRepository("config/sharded"),
		home: "capability-operator-system", whole: true, tenants: []string{"support", "sales"},
	},
	{
		name: "the documented overlay of config/sharded", folder: inDocs("shards"),
		home: "voice", prefix: "my-", whole: true, tenants: []string{"support", "sales"},
	},
}

func TestAnOverlayOfShardsInstalls(t *testing.T) {
	for _, o := range sharded {
		t.Run(o.name, func(t *testing.T) {
			in := o.install(t)
			if len(in.shards) != len(o.tenants) {
				t.Fatalf("there are %d shards", len(in.shards))
			}
			t.Run("policies without a mistake in their expressions", func(t *testing.T) { policiesAreSound(t, o.prefix) })
			t.Run("operators of which", func(t *testing.T) {
				for i, tenant := range o.tenants {
					in := in.at(t)
					in.flags = in.shards[i]
					probes := in.run()
					in.serves(tenant)
					if err := ready(t.Context(), probes); err != nil {
						t.Error(err)
					}
					if refused, err := in.refusals(); err != nil || len(refused) > 0 {
						t.Errorf("the one of %s was refused %s (%v)", tenant, refused, err)
					}
				}
			})
			t.Run("operators that are confined", func(t *testing.T) { in.at(t).isConfined() })
		})
	}
}

func TestEachShardHasALeaseThatTheRoleNamesAndPodsOfItsOwn(t *testing.T) {
	for _, o := range sharded {
		var shards []*appsv1.Deployment
		for _, object := range objectsIn(t, build(t, o.folder(t))) {
			if deployment, ok := object.(*appsv1.Deployment); ok {
				shards = append(shards, deployment)
			}
		}
		leases := map[string]bool{}
		for _, shard := range shards {
			lease := flagOf(shard, "--leader-election-id")
			if leases[lease] || !slices.Contains(leaseNames(t, o), lease) {
				t.Errorf("%s: %s has the lease %q, and not one of its own that the Role names", o.name, shard.Name, lease)
			}
			leases[lease] = true
			selector, err := metav1.LabelSelectorAsSelector(shard.Spec.Selector)
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range shards {
				if selects := selector.Matches(labels.Set(other.Spec.Template.Labels)); selects != (other == shard) {
					t.Errorf("%s: %s selects pods of %s: %v", o.name, shard.Name, other.Name, selects)
				}
			}
		}
		if want := len(shards) + 1; len(leaseNames(t, o)) != want {
			t.Errorf("%s: the Role names %q: one for each shard and that over accounts are needed", o.name, leaseNames(t, o))
		}
	}
}

// Two shards of one lease would say nothing; so the Role names each.
func TestAShardWhoseLeaseTheRoleDoesNotNameSaysSo(t *testing.T) {
	in := sharded[0].install(t)
	in.run("--leader-election-id=capability-operator-three")
	in.await(func(context.Context) error { return in.said("capability-operator-three", "forbidden") })
}

// The command is that of docs/operations.md, word for word.
func TestWhatNobodyServesIsFound(t *testing.T) {
	in := sharded[0].install(t)
	in.flags = in.shards[0]
	in.run()
	in.serves("support")
	lasting(t, tommy(elsewhere))
	const find = `{range .items[?(@.status.observedGeneration==-1)]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}`
	if got := mustKubectl(t, "", "get", "ccap", "-A", "-o", "jsonpath="+find); got != elsewhere+"/tommy\n" {
		t.Errorf("found are %q", got)
	}
	if !strings.Contains(page(t, "operations.md"), "kubectl get ccap -A -o jsonpath='"+find+"'") {
		t.Error("docs/operations.md has another command")
	}
}

func flagOf(deployment *appsv1.Deployment, flag string) string {
	for _, arg := range deployment.Spec.Template.Spec.Containers[0].Args {
		if value, is := strings.CutPrefix(arg, flag+"="); is {
			return value
		}
	}
	return ""
}

// leaseNames are those that the operator may hold.
func leaseNames(t *testing.T, o overlay) []string {
	t.Helper()
	for _, object := range objectsIn(t, build(t, o.folder(t))) {
		if role, ok := object.(*rbacv1.Role); ok && role.Name == o.prefix+"capability-operator-leader-election" {
			return role.Rules[0].ResourceNames
		}
	}
	t.Fatalf("%s has no Role for leases", o.name)
	return nil
}
