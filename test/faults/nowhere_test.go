//go:build faults

package faults_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestOneAccountServesFiftyNamespacesAndItsAuthTokenIsNowhereElse(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	const tenants = 50
	l := lend(t, at.api, tenants)
	o := observe(t, at.api, l.tenants...)
	m := runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: l.tenants, args: []string{"--log-level=debug"}})
	for i, n := range l.tenants {
		n.declare(t, fmt.Sprintf("client-%d", i), "30s")
	}
	for _, n := range l.tenants {
		n.awaitReady(t, soon, 1)
	}
	l.rotate(t) // the former AuthToken is to be nowhere either
	for i, n := range l.tenants {
		o.awaitTokens(t, soon, n.at(fmt.Sprintf("client-%d", i)), 2)
		n.awaitReady(t, soon, 1)
	}
	o.expectKept(t)

	places, looked := whereIs(t, at, l.platform.keys)
	want := "Secret " + l.platform.name + "/" + account
	if len(places) != 1 || places[0] != want {
		t.Errorf("the AuthTokens are in %q, and should be in %q alone", places, want)
	}
	page, err := m.page(t.Context())
	if err != nil || !strings.Contains(page, fmt.Sprintf("capability_operator_clusteraccount_users{clusteraccount=%q} %d", l.platform.name, tenants)) {
		t.Errorf("the metrics (%v) don't say that %d use the account", err, tenants)
	}
	for _, key := range l.platform.keys {
		if strings.Contains(page, key) {
			t.Error("the metrics hold an AuthToken")
		}
	}
	expectDiscreet(t, m.log.String(), []*namespace{l.platform})
	t.Logf("looked through %d objects, the metrics and %d bytes of log", looked, len(m.log.String()))
}

// whereIs looks for the values, plain and encoded, in every object of every kind that the API server has.
func whereIs(t *testing.T, at *lazyCluster, values []string) (places []string, looked int) {
	t.Helper()
	finder, err := discovery.NewDiscoveryClientForConfig(at.cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := discovery.ServerPreferredResources(finder)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := dynamic.NewForConfig(at.cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list"}}, kinds) {
		group, err := schema.ParseGroupVersion(kind.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range kind.APIResources {
			list, err := reader.Resource(group.WithResource(resource.Name)).List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatalf("%s: %v", resource.Name, err)
			}
			for i := range list.Items {
				looked++
				raw, err := json.Marshal(&list.Items[i])
				if err != nil {
					t.Fatal(err)
				}
				if hasAny(string(raw), values) {
					places = append(places, list.Items[i].GetKind()+" "+client.ObjectKeyFromObject(&list.Items[i]).String())
				}
			}
		}
	}
	return places, looked
}

func hasAny(text string, values []string) bool {
	for _, value := range values {
		if strings.Contains(text, value) || strings.Contains(text, encode([]byte(value))) {
			return true
		}
	}
	return false
}
