package series

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// prefix is that of the project's own metrics.
const prefix = "capability_operator_"

// kind is what all series of a name have in common.
type kind struct {
	Type   string
	Labels []string
}

// Documented fails unless the project's own metrics on a page of metrics are those that a section of docs/metrics.md lists,
// all of them and no others, by name, type and labels; and unless their names follow the conventions.
func Documented(t *testing.T, repository, section, page string) {
	t.Helper()
	families, err := families(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(documented(t, repository, section), families); diff != "" {
		t.Errorf("docs/metrics.md (-) and what is served (+) differ:\n%s", diff)
	}
	problems, err := promlint.New(strings.NewReader(own(page))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// row is one of a table: name, type, labels.
var row = regexp.MustCompile("(?m)^\\| `(" + prefix + "[a-z_]+)` \\| (\\w+) \\|([^|]*)\\|")

func documented(t *testing.T, repository, section string) map[string]kind {
	t.Helper()
	content, err := fs.ReadFile(os.DirFS(repository), "docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(content), "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/metrics.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	kinds := map[string]kind{}
	for _, cells := range row.FindAllStringSubmatch(text, -1) {
		k := kind{Type: cells[2]}
		for label := range strings.SplitSeq(cells[3], ",") {
			if label = strings.Trim(label, " `"); label != "" {
				k.Labels = append(k.Labels, label)
			}
		}
		slices.Sort(k.Labels)
		kinds[cells[1]] = k
	}
	return kinds
}

func families(page string) (map[string]kind, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	read, err := parser.TextToMetricFamilies(strings.NewReader(own(page)))
	if err != nil {
		return nil, fmt.Errorf("reading a page of metrics: %w", err)
	}
	kinds := map[string]kind{}
	for name, family := range read {
		k := kind{Type: strings.ToLower(family.GetType().String())}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if !slices.Contains(k.Labels, label.GetName()) {
					k.Labels = append(k.Labels, label.GetName())
				}
			}
		}
		slices.Sort(k.Labels)
		kinds[name] = k
	}
	return kinds, nil
}

// own is the page without what libraries serve.
func own(page string) string {
	var lines strings.Builder
	for line := range strings.Lines(page) {
		if name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE "); strings.HasPrefix(name, prefix) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}
