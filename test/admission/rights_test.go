package admission_test

import (
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// The operator's rights, whole: a right that nothing needs is a right for whoever steals its token.
func TestTheOperatorHasTheseRightsAndNoOthers(t *testing.T) {
	role, err := core.RbacV1().ClusterRoles().Get(t.Context(), "capability-operator", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameRights(t, role.Rules, []string{
		"create events.k8s.io/events", "patch events.k8s.io/events",
		"create secrets", "delete secrets", "get secrets", "list secrets", "patch secrets", "watch secrets",
		"get voice.capability-operator.io/clientcapabilities", "list voice.capability-operator.io/clientcapabilities",
		"watch voice.capability-operator.io/clientcapabilities", "patch voice.capability-operator.io/clientcapabilities/status",
		"list voice.capability-operator.io/clusteraccounts", "watch voice.capability-operator.io/clusteraccounts",
		"patch voice.capability-operator.io/clusteraccounts/status", "list namespaces", "watch namespaces",
	})
	own, err := core.RbacV1().Roles(operatorNamespace).Get(t.Context(), "capability-operator-leader-election", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameRights(t, own.Rules, []string{
		"create events",
		"create coordination.k8s.io/leases", "get coordination.k8s.io/leases capability-operator capability-operator-accounts",
		"update coordination.k8s.io/leases capability-operator capability-operator-accounts",
	})
}

func sameRights(t *testing.T, rules []rbacv1.PolicyRule, want []string) {
	t.Helper()
	var got []string
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					right := verb + " " + strings.TrimPrefix(group+"/"+resource, "/") + " " + strings.Join(rule.ResourceNames, " ")
					got = append(got, strings.TrimSpace(right))
				}
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("granted are\n%s\nand needed are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// That the bindings reach the operator's ServiceAccount is asked of the API server.
func TestTheServiceAccountMayDoWhatItsRolesSay(t *testing.T) {
	type attributes = authorizationv1.ResourceAttributes
	const leases, own, voice = "coordination.k8s.io", operatorNamespace, v1alpha1.GroupName
	for _, c := range []struct {
		what    string
		ask     attributes
		allowed bool
	}{
		{"write a Secret anywhere", attributes{Namespace: "default", Verb: "patch", Resource: "secrets"}, true},
		{"watch declarations everywhere", attributes{Verb: "watch", Group: voice, Resource: "clientcapabilities"}, true},
		{"hold its lease", attributes{Namespace: own, Verb: "update", Group: leases, Resource: "leases", Name: "capability-operator"}, true},
		{"hold no lease of another's", attributes{Namespace: own, Verb: "update", Group: leases, Resource: "leases", Name: "other"}, false},
		{"hold no lease elsewhere",
			attributes{Namespace: "default", Verb: "update", Group: leases, Resource: "leases", Name: "capability-operator"}, false},
		{"replace no Secret", attributes{Namespace: "default", Verb: "update", Resource: "secrets"}, false},
		{"change no declaration", attributes{Namespace: "default", Verb: "patch", Group: voice, Resource: "clientcapabilities"}, false},
		{"read no ConfigMap", attributes{Namespace: own, Verb: "get", Resource: "configmaps"}, false},
		{"watch the labels of namespaces", attributes{Verb: "watch", Resource: "namespaces"}, true},
		{"label no namespace", attributes{Verb: "patch", Resource: "namespaces", Name: "default"}, false},
		{"watch accounts", attributes{Verb: "watch", Group: voice, Resource: "clusteraccounts"}, true},
		{"lend no account", attributes{Verb: "patch", Group: voice, Resource: "clusteraccounts"}, false},
		{"hold the lease over accounts",
			attributes{Namespace: own, Verb: "update", Group: leases, Resource: "leases", Name: "capability-operator-accounts"}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User:               "system:serviceaccount:" + operatorNamespace + ":capability-operator",
				Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + operatorNamespace, "system:authenticated"},
				ResourceAttributes: &c.ask,
			}}
			answer, err := core.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if answer.Status.Allowed != c.allowed {
				t.Errorf("allowed is %v: %s", answer.Status.Allowed, answer.Status.Reason)
			}
		})
	}
}
