package chart_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The chart and the folders of config install the same, but for what is listed here.
func TestTheChartGivesWhatKustomizeGives(t *testing.T) {
	for _, same := range []struct {
		name, values string
		folders      []string
		services     int // Deployments, each with a ServiceAccount that is confined
	}{
		{"in the whole cluster", "", []string{"default"}, 1},
		{"in a named namespace", "watchNamespaces: [support]\nclusterAccounts: {enabled: false}\nmetrics: {secure: false, port: 8080}\n", []string{"namespaced"}, 1},
		{"with tokens on demand", "tokenServer: {enabled: true}\n", []string{"default", "ondemand"}, 2},
		{
			"with network policies",
			"networkPolicy: {enabled: true, verify: true}\ntokenServer: {enabled: true, networkPolicy: {enabled: true}}\n",
			[]string{"default", "ondemand", "network-policy", "network-policy/verify", "network-policy/tokenserver"}, 2,
		},
		{
			"with what watches it",
			"tokenServer: {enabled: true}\nmetrics: {serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, dashboard: {enabled: true}}\n",
			[]string{"default", "ondemand", "prometheus", "prometheus/tokenserver", "grafana"}, 2,
		},
	} {
		t.Run(same.name, func(t *testing.T) {
			var built []string
			for _, folder := range same.folders {
				built = append(built, mustKubectl(t, "", "kustomize", repository+"config/"+folder))
			}
			// Helm makes no namespace but by --create-namespace.
			want := read(t, built...).without("Namespace//" + home)
			got := read(t, template(t, same.values+"image: {tag: dev}\n"))
			for _, object := range want {
				lessLabels(object, "app.kubernetes.io/managed-by")
			}
			for _, object := range got {
				lessLabels(object, "app.kubernetes.io/managed-by", "app.kubernetes.io/instance", "app.kubernetes.io/version", "helm.sh/chart")
			}
			sortFlags(t, want)
			sortFlags(t, got)
			lessKeep(t, got)
			lessStatedDefaults(t, got)
			patternsForNames(t, got, same.services)
			if difference := cmp.Diff(plain(want), plain(got)); difference != "" {
				t.Errorf("kustomize gives what has a minus, the chart what has a plus:\n%s", difference)
			}
		})
	}
}

func plain(objects set) map[string]any {
	all := map[string]any{}
	for key, object := range objects {
		all[key] = object.Object
	}
	return all
}

// lessLabels removes labels wherever they are, in selectors too. Not every folder of config gives every object the
// label name, and the chart does; pods have it in both.
func lessLabels(object *unstructured.Unstructured, keys ...string) {
	labels := object.GetLabels()
	delete(labels, "app.kubernetes.io/name")
	object.SetLabels(labels)
	removeKeys(object.Object, keys)
	if len(object.GetLabels()) == 0 {
		object.SetLabels(nil)
	}
}

func removeKeys(in any, keys []string) {
	switch in := in.(type) {
	case map[string]any:
		for _, key := range keys {
			delete(in, key)
		}
		for _, value := range in {
			removeKeys(value, keys)
		}
	case []any:
		for _, value := range in {
			removeKeys(value, keys)
		}
	}
}

// lessKeep removes from each CRD that Helm is to keep it.
func lessKeep(t *testing.T, objects set) {
	t.Helper()
	for _, crd := range objects.of("CustomResourceDefinition") {
		annotations := crd.GetAnnotations()
		if annotations["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s is not kept", crd.GetName())
		}
		delete(annotations, "helm.sh/resource-policy")
		crd.SetAnnotations(annotations)
	}
}

// statedDefaults are flags that the chart always writes, with what the programs do without them.
var statedDefaults = map[string][]string{
	"manager": {
		"--leader-election-id=capability-operator", "--allowed-metadata-prefixes=reloader.stakater.com/",
		"--max-concurrent-reconciles=16", "--log-level=info", "--per-object-metrics=true",
	},
	"tokenserver": {"--log-level=info"},
}

func lessStatedDefaults(t *testing.T, objects set) {
	t.Helper()
	for _, deployment := range objects.of("Deployment") {
		container := containerOf(t, deployment)
		args, _ := container["args"].([]any)
		for _, stated := range statedDefaults[container["name"].(string)] {
			left := slices.DeleteFunc(slices.Clone(args), func(arg any) bool { return arg == stated })
			if len(left) == len(args) {
				t.Errorf("%s does not have %s", deployment.GetName(), stated)
			}
			args = left
		}
		container["args"] = args
	}
}

// sortFlags does away with the order of flags, which means nothing where each is there once.
func sortFlags(t *testing.T, objects set) {
	t.Helper()
	for _, deployment := range objects.of("Deployment") {
		args, _ := containerOf(t, deployment)["args"].([]any)
		slices.SortFunc(args, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		for i := range args[1:] {
			name, _, _ := strings.Cut(args[i].(string), "=")
			if next, _, _ := strings.Cut(args[i+1].(string), "="); next == name {
				t.Errorf("%s has %s twice", deployment.GetName(), name)
			}
		}
	}
}

func containerOf(t *testing.T, deployment *unstructured.Unstructured) map[string]any {
	t.Helper()
	containers, _ := at(deployment, "spec", "template", "spec", "containers").([]any)
	if len(containers) != 1 {
		t.Fatalf("%s has %d containers", deployment.GetName(), len(containers))
	}
	container, _ := containers[0].(map[string]any)
	return container
}

// patternsForNames puts into the policies that confine a ServiceAccount what those of config have, where the chart has
// its name: decision 0022.
func patternsForNames(t *testing.T, objects set, want int) {
	t.Helper()
	found := 0
	for _, policy := range objects.of("ValidatingAdmissionPolicy") {
		conditions, _ := at(policy, "spec", "matchConditions").([]any)
		for _, of := range conditions {
			condition, _ := of.(map[string]any)
			expression, _ := condition["expression"].(string)
			user, is := strings.CutPrefix(expression, "request.userInfo.username == 'system:serviceaccount:"+home+":")
			if !is {
				continue
			}
			found++
			condition["expression"] = "request.userInfo.username.matches('^system:serviceaccount:[^:]+:[^:]*" + user + ")"
		}
	}
	if found != want {
		t.Errorf("%d policies are for the name of a ServiceAccount, instead of %d", found, want)
	}
}
