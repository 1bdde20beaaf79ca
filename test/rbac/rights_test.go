package rbac_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	pollInterval = 100 * time.Millisecond
	// limit is for what comes at once, on a machine that is busy with much else.
	limit = time.Minute
	// quiet is how long what must not happen is waited for, after the API server has refused it.
	quiet = time.Second
)

// right is one verb on one resource, as "secrets" or "events.k8s.io/events".
type right struct{ verb, resource string }

func (r right) String() string { return r.verb + " " + r.resource }

// needs is why the manifests grant each right: the check that fails without it.
var needs = map[right]check{
	{"get", "voice.capability-operator.io/clientcapabilities"}:          aNewDeclarationGetsItsFirstToken,
	{"list", "voice.capability-operator.io/clientcapabilities"}:         aNewDeclarationGetsItsFirstToken,
	{"watch", "voice.capability-operator.io/clientcapabilities"}:        declarationsAreNotListedAgainAndAgain,
	{"patch", "voice.capability-operator.io/clientcapabilities/status"}: aDeclarationIsSaidToBeReady,

	{"create", "secrets"}: aNewDeclarationGetsItsFirstToken,
	{"get", "secrets"}:    aTakenNameIsSaidToBeTaken,
	{"list", "secrets"}:   aNewDeclarationGetsItsFirstToken,
	{"watch", "secrets"}:  secretsAreNotListedAgainAndAgain,
	{"patch", "secrets"}:  aRotatedAccountIsAnsweredWithANewToken,
	{"delete", "secrets"}: theSecretOfAFormerNameIsRemoved,

	{"create", "events.k8s.io/events"}: theFirstIssueIsToldInAnEvent,
	{"patch", "events.k8s.io/events"}:  whatHappensAgainIsCountedInItsEvent,

	{"create", "coordination.k8s.io/leases"}: aNewDeclarationGetsItsFirstToken,
	{"get", "coordination.k8s.io/leases"}:    aNewDeclarationGetsItsFirstToken,
	{"update", "coordination.k8s.io/leases"}: aLeaseThatWasGivenBackIsTakenUp,

	{"create", "events"}: aNewLeaderIsToldInAnEvent,
}

func TestEveryRightIsThereForACheck(t *testing.T) {
	var granted []string
	for _, manifest := range manifests(t, "any") {
		for _, right := range rightsIn(manifest) {
			granted = append(granted, right.String())
		}
	}
	var needed []string
	for right := range needs {
		needed = append(needed, right.String())
	}
	slices.Sort(granted)
	slices.Sort(needed)
	if !slices.Equal(granted, needed) {
		t.Errorf("granted are\n%s\nand needed are\n%s", strings.Join(granted, "\n"), strings.Join(needed, "\n"))
	}
}

func TestWithAllRightsNothingIsRefusedAnd(t *testing.T) {
	done := map[string]bool{}
	for _, c := range needs {
		if done[c.name] {
			continue
		}
		done[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := install(t, right{})
			in.arrange(c)
			in.await(func(ctx context.Context) error { return c.missing(ctx, in) })
			if refused, err := in.refusals(); err != nil || len(refused) > 0 {
				t.Errorf("refused were %s (%v)", refused, err)
			}
		})
	}
}

func TestWithoutTheRightTo(t *testing.T) {
	for without, c := range needs {
		t.Run(without.String()+" it is not so that "+c.name, func(t *testing.T) {
			t.Parallel()
			in := install(t, without)
			in.arrange(c)
			in.await(func(context.Context) error { return in.refused(without) })
			in.await(func(ctx context.Context) error {
				if c.missing(ctx, in) == nil {
					return errors.New("it is so")
				}
				return nil
			})
			in.stays(func(ctx context.Context) error { return c.missing(ctx, in) })
		})
	}
}

// await polls until missing is nil, for as long as the limit.
func (in *installation) await(missing func(context.Context) error) {
	in.t.Helper()
	last := errors.New("not looked at")
	err := wait.PollUntilContextTimeout(in.t.Context(), pollInterval, limit, true, func(ctx context.Context) (bool, error) {
		last = missing(ctx)
		return last == nil, nil
	})
	if err != nil {
		in.t.Fatalf("%v: %v", err, last)
	}
}

// stays fails where missing becomes nil.
func (in *installation) stays(missing func(context.Context) error) {
	in.t.Helper()
	err := wait.PollUntilContextTimeout(in.t.Context(), pollInterval, quiet, true, func(ctx context.Context) (bool, error) {
		return missing(ctx) == nil, nil
	})
	if err == nil {
		in.t.Error("it is so all the same: nothing needs the right")
	}
}

// rightsIn lists what a role grants, each right by itself.
func rightsIn(manifest any) []right {
	var rules []rbacv1.PolicyRule
	switch role := manifest.(type) {
	case *rbacv1.ClusterRole:
		rules = role.Rules
	case *rbacv1.Role:
		rules = role.Rules
	}
	var list []right
	for _, rule := range split(rules) {
		list = append(list, rightOf(rule))
	}
	return list
}

// less is the rules without a right.
func less(rules []rbacv1.PolicyRule, without right, taken *bool) []rbacv1.PolicyRule {
	return slices.DeleteFunc(split(rules), func(rule rbacv1.PolicyRule) bool {
		found := rightOf(rule) == without
		*taken = *taken || found
		return found
	})
}

// split gives each right a rule of its own.
func split(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var list []rbacv1.PolicyRule
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					list = append(list, rbacv1.PolicyRule{
						APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}, ResourceNames: rule.ResourceNames,
					})
				}
			}
		}
	}
	return list
}

func rightOf(rule rbacv1.PolicyRule) right {
	return right{rule.Verbs[0], strings.TrimPrefix(rule.APIGroups[0]+"/"+rule.Resources[0], "/")}
}
