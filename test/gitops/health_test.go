package gitops_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"
)

// health is what each tool is to say: kstatus, which Flux goes by where it is told
// nothing else; our expressions for Flux; our script for Argo CD.
type health struct{ kstatus, flux, argo string }

var (
	healthy   = health{"Current", "Current", "Healthy"}
	coming    = health{"InProgress", "InProgress", "Progressing"}
	failed    = health{"Failed", "Failed", "Degraded"}
	suspended = health{"Current", "Current", "Suspended"}
	stopped   = health{"Failed", "Failed", "Suspended"} // suspended, with no token
	going     = health{"Terminating", "InProgress", "Progressing"}
)

// states has each object of testdata.
var states = map[string]health{
	// The Secret holds a live token, or a request for one would be granted.
	"TokenValid":                       healthy,
	"TokenValid-by-a-ClusterAccount":   healthy,
	"OnDemand":                         healthy,
	"RenewalFailing":                   healthy, // it is alerts that tell of it: what was applied is in force
	"Overdue":                          healthy, // the operator is away, so nobody has said otherwise
	"Overdue-and-expired":              healthy, // likewise
	"Expired-unsaid":                   healthy, // likewise
	"ClusterAccount-CredentialsValid":  healthy,
	"ClusterAccount-Accepted":          healthy,
	"ClusterAccount-Refused":           healthy, // Ready does not follow what Twilio says
	"ClusterAccount-AccountInactive":   healthy, // likewise
	"ClusterAccount-Unreachable":       healthy, // likewise
	"ClusterAccount-with-a-former-key": healthy,

	// Nobody has looked yet, or what is missing may come by itself.
	"Pending":                             coming,
	"Pending-after-a-change":              coming,
	"AccountNotFound":                     coming,
	"AccountNotFound-of-a-ClusterAccount": coming,
	"TokenExpired":                        coming, // for its account is not found
	"ClockSkewed":                         coming,
	"SecretContested":                     coming,
	"WriteFailed":                         coming,
	"ClusterAccount-Pending":              coming,
	"ClusterAccount-AccountNotFound":      coming,

	// Somebody has to change something first.
	"AccountKeyMissing":                     failed,
	"AccountKeyMissing-but-an-API-key":      failed,
	"AccountKeyMissing-of-a-ClusterAccount": failed,
	"AccountMalformed":                      failed,
	"AccountNotReady":                       failed,
	"AdmissionDenied":                       failed,
	"ClusterAccountsOff":                    failed,
	"DeclarationInvalid":                    failed,
	"MetadataNotAllowed":                    failed, // the token lives
	"NamespaceNotAllowed":                   failed,
	"NotPermitted":                          failed,
	"OutsideLimits":                         failed,
	"QuotaExceeded":                         failed,
	"RegionNotSupported":                    failed,
	"SecretImmutable":                       failed,
	"SecretNotOwned":                        failed,
	"SecretNotOwned-by-a-rival":             failed,
	"ClusterAccount-AccountKeyMissing":      failed,
	"ClusterAccount-AccountMalformed":       failed,
	"ClusterAccount-LimitsInvalid":          failed,
	"ClusterAccount-RegionNotSupported":     failed,

	"Suspended":                 suspended,
	"Suspended-without-a-token": stopped,
	"Deleting":                  going,
}

func TestToolsReadTheHealthOfEachStateRightly(t *testing.T) {
	scripts, expressions := argoScripts(t), fluxExpressions(t)
	for name, want := range states {
		t.Run(name, func(t *testing.T) {
			object := document(t, name)
			argo, _ := runLua(t, scripts[object.GetKind()], object)
			if got := (health{byKstatus(t, object), expressions[object.GetKind()].read(t, object), argo}); got != want {
				t.Errorf("kstatus, Flux and Argo CD say %v, and should %v, of\n%v", got, want, object.Object["status"])
			}
		})
	}
}

func byKstatus(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	result, err := status.Compute(object)
	if err != nil {
		t.Fatal(err)
	}
	return result.Status.String()
}

func TestEveryStateAndReasonIsAmongThose(t *testing.T) {
	kept, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != len(states) {
		t.Errorf("there are %d objects and %d states", len(kept), len(states))
	}
	said := map[string]bool{}
	for _, path := range kept {
		conditions, _, err := unstructured.NestedSlice(document(t, strings.TrimSuffix(filepath.Base(path), ".yaml")).Object, "status", "conditions")
		if err != nil {
			t.Fatal(err)
		}
		for _, condition := range conditions {
			if fields, ok := condition.(map[string]any); ok {
				said[fields["type"].(string)], said[fields["reason"].(string)] = true, true
			}
		}
	}
	for _, source := range []string{"conditions.go", "accountconditions.go"} {
		for _, word := range constants(t, source) {
			if !said[word] {
				t.Errorf("%s is in no condition of the objects", word)
			}
		}
	}
}

// document is an object of testdata, with numbers as tools have them.
func document(t *testing.T, name string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(asJSON); err != nil {
		t.Fatal(err)
	}
	return object
}

// constants are the types and reasons of conditions that a source of the API has.
func constants(t *testing.T, source string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "api", "v1alpha1", source), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants", source)
	}
	return values
}
