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

// right is one verb on one resource, as "secrets" or "events.k8s.io/events", and where a role says so on one name.
type right struct{ verb, resource, name string }

func (r right) String() string { return strings.TrimSpace(r.verb + " " + r.resource + " " + r.name) }

// covers tells whether the right is what a request asked for.
func (r right) covers(asked right) bool {
	return r.verb == asked.verb && r.resource == asked.resource && (r.name == "" || r.name == asked.name)
}

const (
	declarations = "voice.capability-operator.io/clientcapabilities"
	lent         = "voice.capability-operator.io/clusteraccounts"
	leases       = "coordination.k8s.io/leases"
)

// whatIsNeeded is why the manifests grant each right: the check that fails without it. In the whole cluster, and where metrics
// are served, there are those of a named namespace and these.
var whatIsNeeded = map[*scope]map[right]check{
	&aNamedNamespace: {
		{"get", declarations, ""}:               aNewDeclarationGetsItsFirstToken,
		{"list", declarations, ""}:              aNewDeclarationGetsItsFirstToken,
		{"watch", declarations, ""}:             declarationsAreNotListedAgainAndAgain,
		{"patch", declarations + "/status", ""}: aDeclarationIsSaidToBeReady,

		{"create", "secrets", ""}: aNewDeclarationGetsItsFirstToken,
		{"get", "secrets", ""}:    aTakenNameIsSaidToBeTaken,
		{"list", "secrets", ""}:   aNewDeclarationGetsItsFirstToken,
		{"watch", "secrets", ""}:  secretsAreNotListedAgainAndAgain,
		{"patch", "secrets", ""}:  aRotatedAccountIsAnsweredWithANewToken,
		{"delete", "secrets", ""}: theSecretOfAFormerNameIsRemoved,

		{"create", "events.k8s.io/events", ""}: theFirstIssueIsToldInAnEvent,
		{"patch", "events.k8s.io/events", ""}:  whatHappensAgainIsCountedInItsEvent,

		{"create", leases, ""}:                    aNewDeclarationGetsItsFirstToken,
		{"get", leases, "capability-operator"}:    aNewDeclarationGetsItsFirstToken,
		{"update", leases, "capability-operator"}: aLeaseThatWasGivenBackIsTakenUp,

		{"create", "events", ""}: aNewLeaderIsToldInAnEvent,
	},
	&servingMetrics: {
		{"create", "authentication.k8s.io/tokenreviews", ""}:        whoMayScrapeIsServed,
		{"create", "authorization.k8s.io/subjectaccessreviews", ""}: whoMayScrapeIsServed,
	},
	&theWholeCluster: {
		{"list", lent, ""}:              aDeclarationOfALentAccountGetsItsFirstToken,
		{"watch", lent, ""}:             lentAccountsAreNotListedAgainAndAgain,
		{"patch", lent + "/status", ""}: aLentAccountIsSaidToBeReady,

		{"list", "namespaces", ""}:  aDeclarationOfALentAccountGetsItsFirstToken,
		{"watch", "namespaces", ""}: namespacesAreNotListedAgainAndAgain,

		{"get", leases, "capability-operator-accounts"}:    aLentAccountIsSaidToBeReady,
		{"update", leases, "capability-operator-accounts"}: aLeaseOverAccountsThatWasGivenBackIsTakenUp,
	},
}

func TestEveryRightIsThereForACheck(t *testing.T) {
	for scope, needs := range whatIsNeeded {
		t.Run(scope.name, func(t *testing.T) {
			in := &installation{operator: operator{t: t, namespace: "any"}, scope: *scope}
			var granted []string
			for _, manifest := range in.manifests() {
				for _, right := range rightsIn(manifest) {
					granted = append(granted, right.String())
				}
			}
			var needed []string
			for right := range needs {
				needed = append(needed, right.String())
			}
			if scope != &aNamedNamespace {
				for right := range whatIsNeeded[&aNamedNamespace] {
					needed = append(needed, right.String())
				}
			}
			slices.Sort(granted)
			slices.Sort(needed)
			if !slices.Equal(granted, needed) {
				t.Errorf("granted are\n%s\nand needed are\n%s", strings.Join(granted, "\n"), strings.Join(needed, "\n"))
			}
		})
	}
}

func TestWithAllRightsNothingIsRefusedAnd(t *testing.T) {
	for scope, needs := range whatIsNeeded {
		done := map[string]bool{}
		for _, c := range needs {
			if done[c.name] {
				continue
			}
			done[c.name] = true
			t.Run(scope.name+" "+c.name, func(t *testing.T) {
				scope.parallel(t)
				in := install(t, *scope, right{})
				in.arrange(c)
				in.await(func(ctx context.Context) error { return c.missing(ctx, in) })
				if refused, err := in.refusals(); err != nil || len(refused) > 0 {
					t.Errorf("refused were %s (%v)", refused, err)
				}
			})
		}
	}
}

func TestWithoutTheRightTo(t *testing.T) {
	for scope, needs := range whatIsNeeded {
		for without, c := range needs {
			t.Run(without.String()+" "+scope.name+" it is not so that "+c.name, func(t *testing.T) {
				scope.parallel(t)
				in := install(t, *scope, without)
				in.arrange(c)
				in.await(func(ctx context.Context) error {
					// Some rights are used only where somebody asks for what needs them.
					if c.missing(ctx, in) == nil {
						return errors.New("it is so, and the API server has not refused it yet")
					}
					return in.refused(without)
				})
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
}

// await polls until missing is nil, for as long as the limit.
func (o *operator) await(missing func(context.Context) error) {
	o.t.Helper()
	last := errors.New("not looked at")
	err := wait.PollUntilContextTimeout(o.t.Context(), pollInterval, limit, true, func(ctx context.Context) (bool, error) {
		last = missing(ctx)
		return last == nil, nil
	})
	if err != nil {
		o.t.Fatalf("%v: %v", err, last)
	}
}

// stays fails where missing becomes nil.
func (o *operator) stays(missing func(context.Context) error) {
	o.t.Helper()
	err := wait.PollUntilContextTimeout(o.t.Context(), pollInterval, quiet, true, func(ctx context.Context) (bool, error) {
		return missing(ctx) == nil, nil
	})
	if err == nil {
		o.t.Error("it is so all the same: nothing needs the right")
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

// less is the rules without a right; those about no resource, which are people's, stay.
func less(rules []rbacv1.PolicyRule, without right, taken *bool) []rbacv1.PolicyRule {
	list := slices.DeleteFunc(split(rules), func(rule rbacv1.PolicyRule) bool {
		found := rightOf(rule) == without
		*taken = *taken || found
		return found
	})
	for _, rule := range rules {
		if len(rule.NonResourceURLs) > 0 {
			list = append(list, rule)
		}
	}
	return list
}

// split gives each right a rule of its own.
func split(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var list []rbacv1.PolicyRule
	for _, rule := range rules {
		names := rule.ResourceNames
		if len(names) == 0 {
			names = []string{""}
		}
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					for _, name := range names {
						list = append(list, ruleFor(group, resource, verb, name))
					}
				}
			}
		}
	}
	return list
}

func ruleFor(group, resource, verb, name string) rbacv1.PolicyRule {
	rule := rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
	if name != "" {
		rule.ResourceNames = []string{name}
	}
	return rule
}

func rightOf(rule rbacv1.PolicyRule) right {
	return right{rule.Verbs[0], strings.TrimPrefix(rule.APIGroups[0]+"/"+rule.Resources[0], "/"), strings.Join(rule.ResourceNames, " ")}
}
