package chart_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const page = repository + "docs/helm.md"

// schema is what is asked of the chart's.
type schema struct {
	Type                 any               `json:"type"`
	Description          string            `json:"description"`
	AdditionalProperties any               `json:"additionalProperties"`
	Properties           map[string]schema `json:"properties"`
	Items                *schema           `json:"items"`
}

// each calls visit for the schema and all in it, with the path of each.
func (s schema) each(path string, visit func(path string, s schema)) {
	visit(path, s)
	for name, property := range s.Properties {
		property.each(strings.TrimPrefix(path+"."+name, "."), visit)
	}
	if s.Items != nil {
		s.Items.each(path+"[]", visit)
	}
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(contentOf(t, path)), into); err != nil {
		t.Fatal(err)
	}
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTheSchemaSaysWhatEachValueIsAndTakesNoOther(t *testing.T) {
	var whole schema
	load(t, chart+"/values.schema.json", &whole)
	whole.each("", func(path string, s schema) {
		if s.Description == "" && path != "" && !strings.HasSuffix(path, "[]") {
			t.Errorf("%s has no description", path)
		}
		if len(s.Properties) > 0 && s.AdditionalProperties != false {
			t.Errorf("%q takes properties that it does not know", path)
		}
	})
}

// values.yaml, the schema and the page have the same values, with the same words; values.yaml and the page the same defaults.
func TestEachValueIsDocumentedAndEachThatIsDocumentedIsThere(t *testing.T) {
	var whole schema
	load(t, chart+"/values.schema.json", &whole)
	defaults := map[string]any{}
	load(t, chart+"/values.yaml", &defaults)
	comments := commented(t)

	want := map[string]string{}
	var find func(path string, s schema, value any)
	find = func(path string, s schema, value any) {
		inside, _ := value.(map[string]any)
		if len(inside) == 0 || s.Properties == nil {
			want[path] = fmt.Sprintf("%s | %s", written(t, value), s.Description)
			if comments[path] != s.Description {
				t.Errorf("of %s values.yaml says %q and the schema %q", path, comments[path], s.Description)
			}
			return
		}
		if names := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(names, slices.Sorted(maps.Keys(inside))) {
			t.Errorf("in %s the schema has %q and values.yaml has %q", path, names, slices.Sorted(maps.Keys(inside)))
		}
		for name, value := range inside {
			find(path+"."+name, s.Properties[name], value)
		}
	}
	delete(whole.Properties, "global") // Helm's own
	find("", whole, defaults)

	got := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Za-z.]+)` \\| (.*) \\|$").FindAllStringSubmatch(contentOf(t, page), -1) {
		got["."+row[1]] = strings.TrimSpace(row[2])
	}
	for path, row := range want {
		want[path] = strings.TrimSpace(row)
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("the chart has what has a minus, the page what has a plus:\n%s", difference)
	}
}

// written is a default as the page has it.
func written(t *testing.T, value any) string {
	t.Helper()
	text, is := value.(string)
	if !is {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	switch {
	case text == "" || text == "{}" || text == "[]":
		return ""
	case len(text) > 40:
		return "see values.yaml"
	}
	return "`" + text + "`"
}

var (
	comment = regexp.MustCompile(`^ *# ?(.*)$`)
	key     = regexp.MustCompile(`^( *)([A-Za-z]+):`)
)

// commented finds the comment above each key of values.yaml.
func commented(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	var path, above []string
	for line := range strings.SplitSeq(contentOf(t, chart+"/values.yaml"), "\n") {
		if is := comment.FindStringSubmatch(line); is != nil {
			above = append(above, is[1])
			continue
		}
		if is := key.FindStringSubmatch(line); is != nil {
			path = append(path[:len(is[1])/2:len(is[1])/2], is[2])
			found["."+strings.Join(path, ".")] = strings.Join(above, " ")
		}
		above = nil
	}
	return found
}
