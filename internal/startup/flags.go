package startup

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
)

// levels leaves out the levels below debug, at which client libraries log the
// bodies of requests: those hold tokens.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// LogLevel is what --log-level names; an error says what to write.
func LogLevel(name string) (slog.Level, error) {
	level, known := levels[name]
	if !known {
		return level, fmt.Errorf("--log-level %q: must be debug, info, warn or error", name)
	}
	return level, nil
}

// Logger writes lines of JSON.
func Logger(level slog.Level, output io.Writer) logr.Logger {
	return logr.FromSlogHandler(slog.NewJSONHandler(output, &slog.HandlerOptions{Level: level}))
}

// List splits at commas and forgives spaces and repetitions.
func List(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return items
}

// ValidateNamespaces looks at what --watch-namespaces names.
func ValidateNamespaces(namespaces []string) (errs []error) {
	for _, namespace := range namespaces {
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			errs = append(errs, fmt.Errorf("--watch-namespaces: %q is no name of a namespace: %s", namespace, problems[0]))
		}
	}
	return errs
}

// ClusterConfig says how to reach the API server.
func ClusterConfig() (*rest.Config, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster (--kubeconfig, KUBECONFIG, or in a pod): %w", err)
	}
	config.QPS = -1 // the API server's priority and fairness spaces requests
	config.UserAgent = rest.DefaultKubernetesUserAgent()
	return config, nil
}
