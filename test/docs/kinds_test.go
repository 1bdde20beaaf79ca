package docs_test

import (
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// kinds are all there are, each with its page and the CRD that is generated from its type.
var kinds = []struct {
	of        reflect.Type
	page, crd string
	rules     int // that were counted when this was written; fewer are a sign that they are not found
}{
	{reflect.TypeFor[v1alpha1.ClientCapability](), theKind, "voice.capability-operator.io_clientcapabilities.yaml", 30},
	{reflect.TypeFor[v1alpha1.ClusterAccount](), theAccount, "voice.capability-operator.io_clusteraccounts.yaml", 25},
}

func TestEveryCRDIsThatOfAKindWithAPage(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(found) != len(kinds) {
		t.Fatalf("CRDs are %q, %v", found, err)
	}
	for _, kind := range kinds {
		if got := crd(t, kind.crd).Spec.Names.Kind; got != kind.of.Name() {
			t.Errorf("%s is that of a %s", kind.crd, got)
		}
	}
}

func TestEveryFieldOfTheKindsIsDocumented(t *testing.T) {
	for _, kind := range kinds {
		paths := fields(kind.of, "")
		if len(paths) < 20 {
			t.Fatalf("only %d fields of %s were found: %q", len(paths), kind.of.Name(), paths)
		}
		mustName(t, kind.page, slices.DeleteFunc(paths, func(path string) bool { return path == "spec" || path == "status" }))
	}
}

// The CRD is generated from the types; this holds where somebody edited it.
func TestTheCRDsHaveTheFieldsOfTheTypes(t *testing.T) {
	for _, kind := range kinds {
		manifest := read(t, filepath.Join("config", "crd", "bases", kind.crd))
		for _, path := range fields(kind.of, "") {
			name := path[strings.LastIndex(path, ".")+1:]
			if !regexp.MustCompile(`(?m)^ +` + name + `:$`).MatchString(manifest) {
				t.Errorf("%s lacks %s", kind.crd, name)
			}
		}
	}
}

func TestEveryRefusalIsQuoted(t *testing.T) {
	for _, kind := range kinds {
		page, found := read(t, kind.page), 0
		for _, rule := range rules(crd(t, kind.crd)) {
			found++
			if rule.MessageExpression != "" {
				continue // what that gives is shown
			}
			if !strings.Contains(page, "`"+rule.Message+"`") {
				t.Errorf("%s does not quote: %s", kind.page, rule.Message)
			}
		}
		if found < kind.rules {
			t.Errorf("only %d rules of %s were found", found, kind.crd)
		}
	}
}

func crd(t *testing.T, name string) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict([]byte(read(t, filepath.Join("config", "crd", "bases", name))), definition); err != nil {
		t.Fatal(err)
	}
	return definition
}

// rules are those of all versions of a CRD, of every field.
func rules(definition *apiextensionsv1.CustomResourceDefinition) []apiextensionsv1.ValidationRule {
	var found []apiextensionsv1.ValidationRule
	var visit func(*apiextensionsv1.JSONSchemaProps)
	visit = func(field *apiextensionsv1.JSONSchemaProps) {
		found = append(found, field.XValidations...)
		for _, property := range field.Properties {
			visit(&property)
		}
		if field.Items != nil && field.Items.Schema != nil {
			visit(field.Items.Schema)
		}
		if field.AdditionalProperties != nil && field.AdditionalProperties.Schema != nil {
			visit(field.AdditionalProperties.Schema)
		}
	}
	for _, version := range definition.Spec.Versions {
		visit(version.Schema.OpenAPIV3Schema)
	}
	return found
}

// fields are the paths of all fields of a type of the API, below a path.
func fields(of reflect.Type, path string) []string {
	if of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of.PkgPath() != reflect.TypeFor[v1alpha1.ClientCapability]().PkgPath() {
		return nil
	}
	var paths []string
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "metadata" {
			continue // what every kind has
		}
		below := strings.TrimPrefix(path+"."+name, ".")
		paths = append(append(paths, below), fields(of.Field(i).Type, below)...)
	}
	return paths
}
