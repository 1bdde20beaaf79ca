package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/capability-operator/capability-operator/internal/buildinfo"
)

// namespacesLeftOut is 0 where the manager works in all of --watch-namespaces.
var namespacesLeftOut = prometheus.NewGauge(prometheus.GaugeOpts{
	Namespace: "capability_operator",
	Name:      "namespaces_left_out",
	Help:      "How many of --watch-namespaces this manager does not work in, since it might not read there when it began.",
})

func init() {
	info := buildinfo.Read()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace:   "capability_operator",
		Name:        "build_info",
		Help:        "1, with the version of this manager and of the Go that it was built with.",
		ConstLabels: prometheus.Labels{"version": info.Version, "goversion": info.Go},
	})
	build.Set(1)
	metrics.Registry.MustRegister(build, namespacesLeftOut)
}
