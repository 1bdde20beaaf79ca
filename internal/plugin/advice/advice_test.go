package advice

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var healthy = []string{v1alpha1.ReasonTokenValid, v1alpha1.ReasonCredentialsValid, v1alpha1.ReasonCredentialsAccepted}

func TestEveryReasonOfAClientCapabilityHasAdvice(t *testing.T) {
	t.Parallel()
	reasons := reasonsIn(t, "conditions.go")
	if len(reasons) < 22 {
		t.Fatalf("only these reasons were found: %q", reasons)
	}
	for _, ref := range []v1alpha1.AccountReference{{Name: "twilio"}, {Kind: v1alpha1.AccountKindClusterAccount, Name: "production"}} {
		for _, kind := range []v1alpha1.TokenType{v1alpha1.TokenTypeAccess, v1alpha1.TokenTypeCapability} {
			subject := Subject{Namespace: "support", Name: "tommy", Account: ref, Secret: "tommy-token", TokenType: kind}
			for _, reason := range append(reasons, Pending, Overdue, Deleting) {
				got, ok := ForCapability(reason, subject)
				if !ok {
					t.Errorf("%s has no advice", reason)
				}
				check(t, reason, got)
			}
		}
	}
	for reason := range ofCapabilities {
		if !slices.Contains(append(reasons, Pending, Overdue, Deleting), reason) {
			t.Errorf("there is advice on %s, which is no reason", reason)
		}
	}
}

func TestEveryReasonOfAClusterAccountHasAdvice(t *testing.T) {
	t.Parallel()
	reasons := append(reasonsIn(t, "accountconditions.go"), Pending, // and those that it shares
		v1alpha1.ReasonAccountNotFound, v1alpha1.ReasonAccountKeyMissing, v1alpha1.ReasonAccountMalformed, v1alpha1.ReasonRegionNotSupported)
	if len(reasons) < 11 {
		t.Fatalf("only these reasons were found: %q", reasons)
	}
	lent := &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: "production"}}
	lent.Spec.SecretRef = v1alpha1.ClusterSecretReference{Namespace: "voice-platform", Name: "twilio"}
	for _, reason := range reasons {
		got, ok := ForAccount(reason, lent)
		if !ok {
			t.Errorf("%s has no advice", reason)
		}
		check(t, reason, got)
	}
	if len(reasons) != len(ofAccounts) {
		t.Errorf("there is advice on %q", slices.Sorted(maps.Keys(ofAccounts)))
	}
}

func TestNoReasonNoAdvice(t *testing.T) {
	t.Parallel()
	if a, ok := ForCapability("Inexplicable", Subject{}); ok {
		t.Errorf("there is advice: %+v", a)
	}
	if a, ok := ForAccount("Inexplicable", &v1alpha1.ClusterAccount{}); ok {
		t.Errorf("there is advice: %+v", a)
	}
}

// check wants something to do, and commands whose names are filled in.
func check(t *testing.T, reason string, a Advice) {
	t.Helper()
	if slices.Contains(healthy, reason) {
		if len(a.Steps) != 0 {
			t.Errorf("%s is no fault, and there is something to do: %+v", reason, a)
		}
		return
	}
	if len(a.Steps) == 0 || a.Heals == "" && reason != v1alpha1.ReasonOnDemand && reason != Deleting {
		t.Errorf("%s: nothing is to be done, or it never heals: %+v", reason, a)
	}
	for _, step := range a.Steps {
		if step.Do == "" || strings.Contains(step.Do+step.Command, "%!") || strings.Contains(step.Command, "  -") {
			t.Errorf("%s: the step is %+v", reason, step)
		}
		if step.Command != "" && !strings.HasPrefix(step.Command, "kubectl ") {
			t.Errorf("%s: this is no command of kubectl: %s", reason, step.Command)
		}
		for _, shows := range []string{"-o yaml", "-o json ", ".data", "--raw"} { // a token or a credential
			if strings.Contains(step.Command, shows) && !strings.HasSuffix(step.Command, "-f -") { // which another command takes
				t.Errorf("%s: %s shows what is secret", reason, step.Command)
			}
		}
	}
}

// reasonsIn are the values of the constants of a file of the API that begin with
// Reason.
func reasonsIn(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../../api/v1alpha1/"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			reasons = append(reasons, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		}
		return true
	})
	return reasons
}
