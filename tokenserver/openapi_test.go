package tokenserver

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

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

func TestDiscoveryShowsOneVerb(t *testing.T) {
	w := newWorld(t)
	answer := w.ask(t, http.MethodGet, "/apis/tokens.voice.capability-operator.io/v1alpha1", "").Body.String()
	if !strings.Contains(answer, `"name":"clientcapabilities/token"`) || strings.Count(answer, `"create"`) != 1 || !strings.Contains(answer, `"verbs":[]`) {
		t.Errorf("discovery gives %s", answer)
	}
}
