package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// version is what the Go toolchain has written into the program.
func version() string {
	found := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		found = info.Main.Version
	}
	return cmp.Or(found, "unknown")
}

func init() {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace:   "capability_operator",
		Name:        "build_info",
		Help:        "1, with the version of this manager and of the Go that it was built with.",
		ConstLabels: prometheus.Labels{"version": version(), "goversion": runtime.Version()},
	})
	build.Set(1)
	metrics.Registry.MustRegister(build)
}
