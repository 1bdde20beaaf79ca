package rbac_test

import (
	"net/netip"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// private is every address that is nobody's outside a cluster.
var private = []string{
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
	"127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4", "fe80::/10", "::1/128",
}

func networkPolicy(t *testing.T, folder string) *networkingv1.NetworkPolicy {
	t.Helper()
	built := objectsIn(t, build(t, repository+"config/"+folder))
	policy, ok := built[0].(*networkingv1.NetworkPolicy)
	if !ok || len(built) != 1 {
		t.Fatalf("config/%s gives %v", folder, built)
	}
	return policy
}

func TestTheNetworkPolicyLetsNobodyIn(t *testing.T) {
	policy := networkPolicy(t, "network-policy")
	if len(policy.Spec.Ingress) > 0 || !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
		t.Errorf("somebody is let in: %v", policy.Spec.Ingress)
	}
}

func TestTheTokenServersNetworkPolicyLetsTheClusterInAtItsPort(t *testing.T) {
	policy := networkPolicy(t, "network-policy/tokenserver")
	if len(policy.Spec.Ingress) != 1 || !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
		t.Fatalf("let in are %v", policy.Spec.Ingress)
	}
	rule := policy.Spec.Ingress[0]
	var listens int32
	for _, object := range objectsIn(t, build(t, repository+"config/ondemand")) {
		if deployment, ok := object.(*appsv1.Deployment); ok {
			listens = deployment.Spec.Template.Spec.Containers[0].Ports[0].ContainerPort
		}
	}
	if len(rule.Ports) != 1 || rule.Ports[0].Port.IntVal != listens {
		t.Errorf("let in is at %v, and it listens at %d", rule.Ports, listens)
	}
	for _, from := range rule.From {
		pods := from.NamespaceSelector != nil && len(from.NamespaceSelector.MatchLabels) == 0 && from.PodSelector == nil
		if !pods && (from.IPBlock == nil || !isPrivate(t, from.IPBlock.CIDR)) {
			t.Errorf("this is let in: %v", from)
		}
	}
	if first := rule.From[0]; first.NamespaceSelector == nil || len(rule.From) < 2 {
		t.Errorf("the patch that is documented takes out %v of %v", first, rule.From)
	}
}

func TestNoNetworkPolicyLetsACallLeaveTheCluster(t *testing.T) {
	for _, folder := range []string{"network-policy", "network-policy/tokenserver"} {
		t.Run(folder, func(t *testing.T) { letsNothingOut(t, networkPolicy(t, folder)) })
	}
}

func letsNothingOut(t *testing.T, policy *networkingv1.NetworkPolicy) {
	if !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
		t.Error("everything is let out")
	}
	for _, rule := range policy.Spec.Egress {
		if len(rule.To) == 0 || len(rule.Ports) == 0 {
			t.Errorf("a rule lets everything out: %v", rule)
		}
		for _, to := range rule.To {
			if to.IPBlock == nil || !isPrivate(t, to.IPBlock.CIDR) {
				t.Errorf("this is let out: %v", to)
			}
		}
	}
}

func TestOnlyVerifyLetsCallsOutAndNoneToANeighbour(t *testing.T) {
	policy := networkPolicy(t, "network-policy/verify")
	if types := policy.Spec.PolicyTypes; len(types) != 1 || types[0] != networkingv1.PolicyTypeEgress {
		t.Errorf("it is about %v", types)
	}
	reaches := func(address string, port int32) bool {
		return slices.ContainsFunc(policy.Spec.Egress, func(rule networkingv1.NetworkPolicyEgressRule) bool {
			return slices.ContainsFunc(rule.To, func(to networkingv1.NetworkPolicyPeer) bool {
				return to.IPBlock != nil && covers(t, to.IPBlock, address)
			}) && slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port.IntVal == port })
		})
	}
	for _, outside := range []string{"203.0.113.7", "2606:4700::1111"} {
		if !reaches(outside, 443) {
			t.Errorf("%s is not reached", outside)
		}
		if reaches(outside, 80) || reaches(outside, 53) {
			t.Errorf("%s is reached without HTTPS", outside)
		}
	}
	for _, inside := range []string{"10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "127.0.0.1", "fd00::1", "fe80::1"} {
		if reaches(inside, 443) {
			t.Errorf("%s is reached", inside)
		}
	}
}

func isPrivate(t *testing.T, cidr string) bool {
	t.Helper()
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(private, func(within string) bool {
		outer := netip.MustParsePrefix(within)
		return outer.Bits() <= prefix.Bits() && outer.Contains(prefix.Addr())
	})
}

func covers(t *testing.T, block *networkingv1.IPBlock, address string) bool {
	t.Helper()
	at := netip.MustParseAddr(address)
	return netip.MustParsePrefix(block.CIDR).Contains(at) && !slices.ContainsFunc(block.Except, func(except string) bool {
		return netip.MustParsePrefix(except).Contains(at)
	})
}

func TestTheNetworkPoliciesSelectTheManagersPods(t *testing.T) {
	built := build(t, documented(t, "fenced"))
	t.Cleanup(func() { uninstall(t, built) })
	apply(t, built)
	if policies := selectingTheDeployment(t, built); policies != 2 {
		t.Errorf("the policies are %d", policies)
	}
}

func TestTheNetworkPolicySelectsTheTokenServersPods(t *testing.T) {
	if policies := selectingTheDeployment(t, build(t, documented(t, "tokens"))); policies != 1 {
		t.Errorf("the policies are %d", policies)
	}
}

// selectingTheDeployment is how many network policies were built, each of which has to select the Deployment's pods.
func selectingTheDeployment(t *testing.T, built string) int {
	t.Helper()
	var deployed *appsv1.Deployment
	var policies []*networkingv1.NetworkPolicy
	for _, object := range objectsIn(t, built) {
		switch object := object.(type) {
		case *appsv1.Deployment:
			deployed = object
		case *networkingv1.NetworkPolicy:
			policies = append(policies, object)
		}
	}
	for _, policy := range policies {
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if err != nil || !selector.Matches(labels.Set(deployed.Spec.Template.Labels)) || policy.Namespace != deployed.Namespace {
			t.Errorf("%s selects %v in %s (%v)", policy.Name, selector, policy.Namespace, err)
		}
	}
	return len(policies)
}
