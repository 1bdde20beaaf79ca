package rbac_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// beside is a folder beside the repository, as an overlay of a user's own is, that holds the files.
func beside(t *testing.T, files map[string]string) string {
	t.Helper()
	folder, err := os.MkdirTemp(dir, "overlay-")
	if err != nil {
		t.Fatal(err)
	}
	checkout, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(checkout, filepath.Join(folder, "capability-operator")); err != nil {
		t.Fatal(err)
	}
	for path, content := range files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// written finds on a page the blocks of YAML that begin with the name of a file.
var written = regexp.MustCompile("(?s)```yaml\n# ([a-z/]+\\.yaml)\n(.*?)```\n")

// page is one of the docs.
func page(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(repository + "docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// documented is the overlay of that name, word for word as the page that has it says.
func documented(t *testing.T, name string) string {
	t.Helper()
	files := map[string]string{}
	for _, of := range []string{"operations.md", "on-demand.md", "metrics.md"} {
		for _, block := range written.FindAllStringSubmatch(page(t, of), -1) {
			files[block[1]] = block[2]
		}
	}
	if files[name+"/kustomization.yaml"] == "" {
		t.Fatalf("no page has an overlay %s", name)
	}
	return filepath.Join(beside(t, files), name)
}

// build is what a folder of kustomize gives.
func build(t *testing.T, folder string) string {
	t.Helper()
	return mustKubectl(t, "", "kustomize", folder)
}

// objectsIn decodes what was built, strictly: what a type does not know is an error. For an APIService there is no type.
func objectsIn(t *testing.T, built string) []client.Object {
	t.Helper()
	var list []client.Object
	for document := range strings.SplitSeq(built, "\n---\n") {
		read := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &read.Object); err != nil {
			t.Fatal(err)
		}
		if read.GetKind() == "APIService" {
			list = append(list, read)
			continue
		}
		empty, err := objects.Scheme().New(read.GroupVersionKind())
		if err != nil {
			t.Fatal(err)
		}
		typed, ok := empty.(client.Object)
		if !ok {
			t.Fatalf("%s is no object", read.GroupVersionKind())
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(read.Object, typed, true); err != nil {
			t.Fatal(err)
		}
		list = append(list, typed)
	}
	return list
}

// The rights in named namespaces are those in the whole cluster, less what is read across it.
func TestARoleInANamedNamespaceHasTheRulesOfTheClusterRole(t *testing.T) {
	rules := func(folder string) (of []rbacv1.PolicyRule) {
		for _, object := range objectsIn(t, build(t, repository+"config/"+folder)) {
			if object.GetName() != "capability-operator" {
				continue
			}
			switch role := object.(type) {
			case *rbacv1.ClusterRole:
				of = append(of, role.Rules...)
			case *rbacv1.Role:
				of = append(of, role.Rules...)
			}
		}
		return of
	}
	whole := slices.DeleteFunc(rules("rbac"), func(rule rbacv1.PolicyRule) bool {
		return rule.Resources[0] == "namespaces" || strings.HasPrefix(rule.Resources[0], "clusteraccounts")
	})
	named := rules("namespaced/tenant")
	if got, want := fmt.Sprint(named), fmt.Sprint(whole); got != want || len(named) == 0 {
		t.Errorf("in a named namespace the rules are\n%s\nand in the whole cluster\n%s", got, want)
	}
}

// Overlays over overlays, with and without hyphens; the API server reads the pattern as Go does.
func TestNoNamespacePrefixOrSuffixLeadsOutOfTheConfinement(t *testing.T) {
	for name, kustomization := range map[string]string{
		"another namespace":           "namespace: voice\n",
		"a prefix":                    "namePrefix: my-\n",
		"a prefix without a hyphen":   "namePrefix: my\n",
		"a prefix with a dot":         "namePrefix: my.\n",
		"a suffix":                    "nameSuffix: -two\n",
		"all of them":                 "namespace: voice\nnamePrefix: my-\nnameSuffix: x\n",
		"a namespace of its own sort": "namespace: capability-operator\n",
	} {
		for _, base := range []string{"default", "namespaced", "sharded", "ondemand"} {
			t.Run(base+" with "+name, func(t *testing.T) {
				folder := beside(t, map[string]string{
					"first/kustomization.yaml":  kustomization + "resources: [../capability-operator/config/" + base + "]\n",
					"second/kustomization.yaml": kustomization + "resources: [../first]\n",
				})
				for _, overlay := range []string{"first", "second"} {
					confined(t, build(t, filepath.Join(folder, overlay)))
				}
			})
		}
	}
}

// confined fails unless each policy that is bound, and denies, covers the Deployment's ServiceAccount.
func confined(t *testing.T, built string) {
	t.Helper()
	var user string
	var bound []string
	conditions := map[string][]admissionv1.MatchCondition{}
	for _, object := range objectsIn(t, built) {
		switch object := object.(type) {
		case *appsv1.Deployment:
			user = "system:serviceaccount:" + object.Namespace + ":" + object.Spec.Template.Spec.ServiceAccountName
		case *admissionv1.ValidatingAdmissionPolicy:
			conditions[object.Name] = object.Spec.MatchConditions
		case *admissionv1.ValidatingAdmissionPolicyBinding:
			if slices.Equal(object.Spec.ValidationActions, []admissionv1.ValidationAction{admissionv1.Deny}) {
				bound = append(bound, object.Spec.PolicyName)
			}
		}
	}
	if len(bound) != 1 || len(conditions[bound[0]]) != 1 {
		t.Fatalf("%q are bound, of %v", bound, conditions)
	}
	if condition := conditions[bound[0]][0]; !isMatchedBy(condition, user) {
		t.Errorf("%s is not confined by %v", user, condition)
	}
}

// isMatchedBy tells whether the condition, a pattern, is about the user.
func isMatchedBy(condition admissionv1.MatchCondition, user string) bool {
	_, pattern, found := strings.Cut(condition.Expression, "request.userInfo.username.matches('")
	pattern, end := strings.CutSuffix(pattern, "')")
	return found && end && regexp.MustCompile(pattern).MatchString(user)
}
