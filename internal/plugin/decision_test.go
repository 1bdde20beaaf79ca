package plugin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/issuance"
)

func TestEveryCauseIsSaidInWords(t *testing.T) {
	t.Parallel()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../issuance/verdict.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(parsed, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Cause") {
			found++
			cause := issuance.Cause(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
			if causes[cause] == "" {
				t.Errorf("%s is not said in words", cause)
			}
		}
		return true
	})
	if found != len(causes) {
		t.Errorf("%d causes were found, and %d are said in words", found, len(causes))
	}
}
