// Package prometheus tries what is there for Prometheus and Grafana: the alerts of config/prometheus, by Prometheus' own promtool,
// their runbooks, and that each metric that an alert or a dashboard asks for is one that the programs serve.
//
// Its alerts' tests are in testdata, in promtool's own form. It must not know how a metric comes to its value.
package prometheus
