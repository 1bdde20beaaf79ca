package tokenserver

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

func TestTheDocumentDescribesTheTypes(t *testing.T) {
	all := definitions(func(name string) spec.Ref { return spec.MustCreateRef("#/" + name) })
	for name, kind := range map[string]reflect.Type{
		v1alpha1.TokenRequest{}.OpenAPIModelName():       reflect.TypeFor[v1alpha1.TokenRequest](),
		v1alpha1.TokenRequestSpec{}.OpenAPIModelName():   reflect.TypeFor[v1alpha1.TokenRequestSpec](),
		v1alpha1.TokenRequestStatus{}.OpenAPIModelName(): reflect.TypeFor[v1alpha1.TokenRequestStatus](),
	} {
		described := all[name].Schema.Properties
		fields := 0
		for i := range kind.NumField() {
			field, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			if field == "" { // apiVersion and kind
				fields += 2
				continue
			}
			fields++
			if described[field].Description == "" {
				t.Errorf("%s lacks %s", name, field)
			}
		}
		if len(described) != fields {
			t.Errorf("%s has %d fields, and %d are described", name, fields, len(described))
		}
		for _, dependency := range all[name].Dependencies {
			if _, ok := all[dependency]; !ok {
				t.Errorf("%s needs %s, which is not there", name, dependency)
			}
		}
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	w := newWorld(t)
	for _, at := range []string{"/openapi/v2", "/openapi/v3/apis/tokens.voice.capability-operator.io/v1alpha1"} {
		answer := w.ask(t, http.MethodGet, at, "", header("Accept", "application/json"))
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), v1alpha1.TokenRequestSpec{}.OpenAPIModelName()) {
			t.Errorf("%s: %d %.200s", at, answer.Code, answer.Body)
		}
	}
}

func TestTheDocumentDescribesTheRequest(t *testing.T) {
	w := newWorld(t)
	answer := w.ask(t, http.MethodGet, "/openapi/v3/apis/tokens.voice.capability-operator.io/v1alpha1", "", header("Accept", "application/json"))
	var document struct {
		Paths map[string]struct {
			Post struct {
				Action      string                     `json:"x-kubernetes-action"`
				Kind        metav1.GroupVersionKind    `json:"x-kubernetes-group-version-kind"`
				RequestBody map[string]any             `json:"requestBody"`
				Responses   map[string]json.RawMessage `json:"responses"`
			} `json:"post"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	post := document.Paths["/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/{namespace}/clientcapabilities/{name}/token"].Post
	if post.Action != "post" || post.Kind != metav1.GroupVersionKind(kind) || len(post.RequestBody) == 0 || len(post.Responses) != 1 || post.Responses["201"] == nil {
		t.Errorf("it is described as %+v", post)
	}
}

func TestAggregatedDiscoveryShowsTheSame(t *testing.T) {
	w := newWorld(t)
	answer := w.ask(t, http.MethodGet, "/apis", "", header("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"))
	found := apidiscovery.APIGroupDiscoveryList{}
	if err := json.Unmarshal(answer.Body.Bytes(), &found); err != nil || len(found.Items) != 1 || len(found.Items[0].Versions) != 1 {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	resources := found.Items[0].Versions[0].Resources
	if len(resources) != 1 || resources[0].Resource != "clientcapabilities" || len(resources[0].Verbs) != 0 || resources[0].Scope != apidiscovery.ScopeNamespace ||
		len(resources[0].Subresources) != 1 || !slices.Equal(resources[0].Subresources[0].Verbs, []string{"create"}) {
		t.Errorf("it shows %+v", resources)
	}
}

func TestDiscoveryShowsOneVerb(t *testing.T) {
	w := newWorld(t)
	answer := w.ask(t, http.MethodGet, "/apis/tokens.voice.capability-operator.io/v1alpha1", "").Body.String()
	if !strings.Contains(answer, `"name":"clientcapabilities/token"`) || strings.Count(answer, `"create"`) != 1 || !strings.Contains(answer, `"verbs":[]`) {
		t.Errorf("discovery gives %s", answer)
	}
}
