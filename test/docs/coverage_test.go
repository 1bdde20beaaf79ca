package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// root is the top of the repository, as seen from here.
const root = "../.."

const (
	theKind    = "docs/clientcapability.md"
	theAccount = "docs/clusteraccount.md"
	operations = "docs/operations.md"
)

func TestEveryConditionAndReasonIsDocumented(t *testing.T) {
	mustName(t, theKind, constants(t, "api/v1alpha1/conditions.go"))
	mustName(t, theAccount, constants(t, "api/v1alpha1/accountconditions.go"))
	mustName(t, theAccount, []string{ // which both kinds have
		v1alpha1.ReadyCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition,
		v1alpha1.ReasonAccountNotFound, v1alpha1.ReasonAccountKeyMissing, v1alpha1.ReasonAccountMalformed, v1alpha1.ReasonRegionNotSupported,
	})
	mustName(t, theAccount, []string{ // which its users see
		v1alpha1.ReasonNamespaceNotAllowed, v1alpha1.ReasonOutsideLimits, v1alpha1.ReasonAccountNotReady,
	})
}

func TestEveryLabelAnnotationAndDataKeyIsDocumented(t *testing.T) {
	for _, value := range []string{
		v1alpha1.SecretType, v1alpha1.AccountLabel, v1alpha1.RenewRequestedAtAnnotation, v1alpha1.OwnerAnnotation,
		v1alpha1.AnsweredRenewRequestAnnotation, v1alpha1.ManagedLabelsAnnotation, v1alpha1.ManagedAnnotationsAnnotation,
		v1alpha1.DefaultTokenKey, v1alpha1.DefaultAccountSIDKey, v1alpha1.DefaultAuthTokenKey,
	} {
		mustName(t, theKind, []string{value})
	}
	if !strings.Contains(read(t, theKind), v1alpha1.ExpiresAtKey) {
		t.Errorf("%s lacks %s", theKind, v1alpha1.ExpiresAtKey)
	}
}

func TestEveryFlagOfTheManagerIsDocumented(t *testing.T) {
	flags := []string{"--kubeconfig"} // which controller-runtime registers
	for _, source := range sources(t, "cmd/manager") {
		for _, match := range regexp.MustCompile(`flags\.\w+Var\(&?[\w.]+, "([a-z-]+)"`).FindAllStringSubmatch(read(t, source), -1) {
			flags = append(flags, "--"+match[1])
		}
	}
	if len(flags) < 16 {
		t.Fatalf("only %d flags were found: %q", len(flags), flags)
	}
	mustName(t, operations, flags)
}

func TestEveryDecisionIsListedAndShort(t *testing.T) {
	index := read(t, "docs/decisions/README.md")
	records, err := filepath.Glob(filepath.Join(root, "docs", "decisions", "[0-9]*.md"))
	if err != nil || len(records) == 0 {
		t.Fatalf("records are %q, %v", records, err)
	}
	for _, record := range records {
		name := filepath.Base(record)
		if !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/decisions/README.md does not list %s", name)
		}
		if lines := strings.Count(read(t, "docs/decisions/"+name), "\n"); lines >= 40 {
			t.Errorf("%s has %d lines", name, lines)
		}
	}
}

// mustName wants each word on the page as code, with nothing around it.
func mustName(t *testing.T, page string, words []string) {
	t.Helper()
	text := read(t, page)
	for _, word := range words {
		if !strings.Contains(text, "`"+word+"`") {
			t.Errorf("%s does not name `%s`", page, word)
		}
	}
}

// constants are the values of the string constants of a source file.
func constants(t *testing.T, source string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, source), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					values = append(values, strings.Trim(literal.Value, `"`))
				}
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants", source)
	}
	return values
}

func sources(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(found) == 0 {
		t.Fatalf("sources of %s are %q, %v", folder, found, err)
	}
	for i := range found {
		found[i] = filepath.Join(folder, filepath.Base(found[i]))
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
