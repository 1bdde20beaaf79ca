package admission_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/yaml"
)

// The cost of a CEL rule is reckoned from the largest object that the schema admits, so a bound that is missing anywhere
// may get the whole CRD refused by a later rule. A pattern shows its regular expression to the user who breaks it.
func TestEveryFieldIsBoundedAndDescribedAndSpeaksInSentences(t *testing.T) {
	eachField(t, func(kind, path string, field apiextensionsv1.JSONSchemaProps) {
		path = kind + "." + path
		switch {
		case field.Type == "string" && field.MaxLength == nil && field.Format != "date-time" && len(field.Enum) == 0:
			t.Errorf("%s: a string without maxLength", path)
		case field.Type == "array" && field.MaxItems == nil:
			t.Errorf("%s: a list without maxItems", path)
		case field.AdditionalProperties != nil && field.MaxProperties == nil:
			t.Errorf("%s: a map without maxProperties", path)
		case field.XPreserveUnknownFields != nil || field.XEmbeddedResource:
			t.Errorf("%s: anything may be in there", path)
		}
		if strings.TrimSpace(field.Description) == "" {
			t.Errorf("%s: has no description", path)
		}
		if strings.Contains(path, ".status.conditions") {
			return // the form of a condition is Kubernetes' own, and the operator alone writes one
		}
		if field.Pattern != "" || field.Format == "duration" || len(field.Enum) > 0 {
			t.Errorf("%s: a bare pattern, format or enum; write a CEL rule with a message", path)
		}
		for _, rule := range field.XValidations {
			if !strings.Contains(rule.Message, " ") {
				t.Errorf("%s: the rule %q has no message", path, rule.Rule)
			}
		}
	})
}

func TestKubectlExplainsEveryField(t *testing.T) {
	explain := func(path string) (printed string, err error) {
		printed, _, err = kubectl(t.Context(), "explain", path)
		return printed, err
	}
	published := func(context.Context) (bool, error) {
		_, err := explain("clientcapability.spec")
		_, accountErr := explain("clusteraccount.spec")
		return err == nil && accountErr == nil, nil
	}
	// The API server publishes the schema of a new CRD a moment after it serves it.
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 30*time.Second, true, published); err != nil {
		t.Fatal(err)
	}
	eachField(t, func(kind, path string, field apiextensionsv1.JSONSchemaProps) {
		if strings.HasPrefix(path, "status.conditions.") || strings.HasSuffix(path, "[]") {
			return // items of a list and values of a map are explained with it
		}
		printed, err := explain(kind + "." + path)
		if err != nil {
			t.Errorf("%s.%s: %v", kind, path, err)
			return
		}
		_, description, _ := strings.Cut(printed, "DESCRIPTION:")
		first, _, _ := strings.Cut(field.Description, "\n")
		if !strings.Contains(strings.Join(strings.Fields(description), " "), strings.Join(strings.Fields(first), " ")) {
			t.Errorf("%s.%s is explained thus:\n%s", kind, path, printed)
		}
	})
}

// eachField calls back for each field of spec and status of each kind, with its path.
func eachField(t *testing.T, visit func(kind, path string, field apiextensionsv1.JSONSchemaProps)) {
	t.Helper()
	manifests, err := filepath.Glob(filepath.Join(configFolder, "crd", "bases", "*.yaml"))
	if err != nil || len(manifests) != 2 {
		t.Fatalf("CRDs are %q, %v", manifests, err)
	}
	for _, manifest := range manifests {
		content, err := os.ReadFile(manifest)
		if err != nil {
			t.Fatal(err)
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(content, &crd); err != nil {
			t.Fatal(err)
		}
		for _, version := range crd.Spec.Versions {
			for _, name := range []string{"spec", "status"} {
				walk(name, version.Schema.OpenAPIV3Schema.Properties[name], func(path string, field apiextensionsv1.JSONSchemaProps) {
					visit(crd.Spec.Names.Singular, path, field)
				})
			}
		}
	}
}

func walk(path string, field apiextensionsv1.JSONSchemaProps, visit func(string, apiextensionsv1.JSONSchemaProps)) {
	visit(path, field)
	for name, property := range field.Properties {
		walk(path+"."+name, property, visit)
	}
	switch items := field.Items; {
	case items != nil && items.Schema != nil && len(items.Schema.Properties) == 0:
		walk(path+"[]", *items.Schema, visit)
	case items != nil && items.Schema != nil:
		for name, property := range items.Schema.Properties {
			walk(path+"."+name, property, visit)
		}
	}
	if field.AdditionalProperties != nil && field.AdditionalProperties.Schema != nil {
		walk(path+"[]", *field.AdditionalProperties.Schema, visit)
	}
}
