// Package series compares what a program serves as metrics with what docs/metrics.md
// says that it serves, for the tests of the programs.
//
// It must not know any of the metrics.
package series
