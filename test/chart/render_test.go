package chart_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// values writes them to a file.
func values(t *testing.T, content string) string {
	t.Helper()
	folder, err := os.MkdirTemp(dir, "values-") // a test's own folder may have a comma in its name, which Helm minds
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "values.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// template is what the release would install.
func template(t *testing.T, content string) string {
	t.Helper()
	return templateAs(t, release, home, content)
}

func templateAs(t *testing.T, name, namespace, content string) string {
	t.Helper()
	return mustHelm(t, "template", name, chart, "--namespace", namespace, "--values", values(t, content))
}

// set is objects by kind, namespace and name.
type set map[string]*unstructured.Unstructured

// read finds the objects of a text, each of which must be there once.
func read(t *testing.T, texts ...string) set {
	t.Helper()
	all := set{}
	for _, text := range texts {
		for document := range strings.SplitSeq("\n"+text, "\n---") {
			object := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
				t.Fatalf("%v in\n%s", err, document)
			}
			if len(object.Object) == 0 {
				continue
			}
			key := strings.Join([]string{object.GetKind(), object.GetNamespace(), object.GetName()}, "/")
			if all[key] != nil {
				t.Errorf("there are two of %s", key)
			}
			all[key] = object
		}
	}
	return all
}

func (s set) without(keys ...string) set {
	left := maps.Clone(s)
	for _, key := range keys {
		delete(left, key)
	}
	return left
}

// of are the objects of the kind.
func (s set) of(kind string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for key, object := range s {
		if strings.HasPrefix(key, kind+"/") {
			found = append(found, object)
		}
	}
	return found
}

// at is what the object has there, or nil.
func at(object *unstructured.Unstructured, path ...string) any {
	found, _, _ := unstructured.NestedFieldNoCopy(object.Object, path...)
	return found
}
