package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Sample is one line of a page.
type Sample struct {
	Name   string
	Labels map[string]string
	Value  float64
}

// Samples reads the lines of a page, in the Prometheus text format, that belong to
// the named metrics: the page of an API server is long, and most of it is of no use
// here. Lines that can't be read are an error, beside all others.
func Samples(page string, names ...string) ([]Sample, error) {
	var found []Sample
	var failed []error
	parser := expfmt.NewTextParser(model.LegacyValidation)
	for line := range strings.Lines(page) {
		end := strings.IndexAny(line, "{ ")
		if end < 0 || !slices.Contains(names, line[:end]) {
			continue
		}
		line = strings.TrimSpace(line)
		families, err := parser.TextToMetricFamilies(strings.NewReader(line + "\n"))
		if err != nil {
			failed = append(failed, fmt.Errorf("reading %q as metrics: %w", line, err))
			continue
		}
		for name, family := range families { // the one
			for _, metric := range family.GetMetric() {
				s := Sample{Name: name, Labels: map[string]string{}, Value: metric.GetUntyped().GetValue()}
				for _, label := range metric.GetLabel() {
					s.Labels[label.GetName()] = label.GetValue()
				}
				found = append(found, s)
			}
		}
	}
	return found, errors.Join(failed...)
}
