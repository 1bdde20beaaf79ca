package controllers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestWhatIsSuspendedCountsAsThatAlsoOnceItsTokenExpired(t *testing.T) {
	expired := v1alpha1.ClientCapability{Status: v1alpha1.ClientCapabilityStatus{Conditions: []metav1.Condition{
		{Type: v1alpha1.ReadyCondition, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonTokenExpired},
	}}}
	suspended, unseen := expired, v1alpha1.ClientCapability{}
	suspended.Spec.Suspend, unseen.Spec.Suspend = true, true
	counted := census{ready: map[readiness]int{}}
	for _, c := range []v1alpha1.ClientCapability{expired, suspended, unseen} {
		counted.add(&c)
	}
	for state, want := range map[readiness]int{
		{"False", v1alpha1.ReasonTokenExpired}: 1, {"False", v1alpha1.ReasonSuspended}: 1, {"Unknown", reasonPending}: 1,
	} {
		if counted.ready[state] != want {
			t.Errorf("%v is counted %d times, of %v", state, counted.ready[state], counted.ready)
		}
	}
}

func TestEveryReasonIsALabelAndNothingElseIs(t *testing.T) {
	known := 0
	for _, source := range []string{"conditions.go", "accountconditions.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../api/v1alpha1/"+source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
				return true
			}
			known++
			reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if got := reasonLabel(&metav1.Condition{Reason: reason}); got != reason {
				t.Errorf("%s is told as %s", reason, got)
			}
			return true
		})
	}
	if known != reasons.Len() {
		t.Errorf("there are %d reasons, and %d labels", known, reasons.Len())
	}
	if got := reasonLabel(&metav1.Condition{Reason: "tommy"}); got != reasonOther {
		t.Errorf("what is no reason is told as %s", got)
	}
	if got := reasonLabel(nil); got != reasonPending {
		t.Errorf("what nobody has looked at is told as %s", got)
	}
}
