package docs_test

import (
	"regexp"
	"testing"
)

const onDemand = "docs/on-demand.md"

func TestEveryFlagOfTheTokenServerIsDocumented(t *testing.T) {
	flags := []string{"--kubeconfig"} // which controller-runtime registers
	for _, match := range regexp.MustCompile(`flags\.\w+Var\(&?[\w.]+, "([a-z-]+)"`).FindAllStringSubmatch(read(t, "cmd/tokenserver/options.go"), -1) {
		flags = append(flags, "--"+match[1])
	}
	if len(flags) < 12 {
		t.Fatalf("only %d flags were found: %q", len(flags), flags)
	}
	mustName(t, onDemand, flags)
}

func TestEveryMetricOfTheTokenServerIsDocumented(t *testing.T) {
	var metrics []string
	for _, match := range regexp.MustCompile(`Name:\s+"([a-z_]+)"`).FindAllStringSubmatch(read(t, "tokenserver/metrics.go"), -1) {
		metrics = append(metrics, "capability_operator_"+match[1])
	}
	if len(metrics) == 0 {
		t.Fatal("no metric was found")
	}
	mustName(t, onDemand, metrics)
}
