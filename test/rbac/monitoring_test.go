package rbac_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

func TestEachServiceMonitorOfTheDocumentedOverlayFindsItsServiceAlone(t *testing.T) {
	services, monitors, ports := map[string]labels.Set{}, map[string]labels.Selector{}, map[string]string{}
	for _, object := range monitored(t) {
		switch object.GetKind() {
		case "Service":
			services[object.GetName()] = object.GetLabels()
			served, _, _ := unstructured.NestedSlice(object.Object, "spec", "ports")
			ports[object.GetName()], _, _ = unstructured.NestedString(served[0].(map[string]any), "name")
		case "ServiceMonitor":
			selected, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector", "matchLabels")
			monitors[object.GetName()] = labels.SelectorFromSet(selected)
			endpoints, _, _ := unstructured.NestedSlice(object.Object, "spec", "endpoints")
			if honours, _, _ := unstructured.NestedBool(endpoints[0].(map[string]any), "honorLabels"); !honours {
				t.Errorf("%s has the namespaces of ClientCapabilities overwritten", object.GetName())
			}
			ports["monitor "+object.GetName()], _, _ = unstructured.NestedString(endpoints[0].(map[string]any), "port")
		}
	}
	for monitor, want := range map[string]string{"capability-operator": "capability-operator-metrics", "tokenserver": "tokenserver"} {
		selector := monitors[monitor]
		if selector == nil {
			t.Errorf("there is no ServiceMonitor %s", monitor)
			continue
		}
		var found []string
		for service, of := range services {
			if selector.Matches(of) {
				found = append(found, service)
			}
		}
		if !slices.Equal(found, []string{want}) || ports[want] != ports["monitor "+monitor] {
			t.Errorf("%s finds %q at port %q; want %s at port %q", monitor, found, ports["monitor "+monitor], want, ports[want])
		}
	}
}

func TestTheDashboardsConfigMapIsOneThatGrafanasSidecarTakesUp(t *testing.T) {
	for _, object := range monitored(t) {
		if object.GetKind() != "ConfigMap" {
			continue
		}
		if object.GetLabels()["grafana_dashboard"] != "1" {
			t.Errorf("its labels are %v", object.GetLabels())
		}
		data, _, _ := unstructured.NestedStringMap(object.Object, "data")
		if files := slices.Collect(maps.Keys(data)); len(files) != 1 || !json.Valid([]byte(data["capability-operator.json"])) {
			t.Errorf("it holds %q", files)
		}
		return
	}
	t.Error("there is no ConfigMap")
}

// monitored is what the overlay of docs/operations.md gives; there are no types for what the Prometheus operator reads.
func monitored(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq(build(t, documented(t, "monitored")), "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
		if namespace := object.GetNamespace(); object.GroupVersionKind().Group == "monitoring.coreos.com" && namespace != "capability-operator-system" {
			t.Errorf("%s %s is in %q", object.GetKind(), object.GetName(), namespace)
		}
	}
	return all
}
