// Package metrics reads what a process has counted of itself, as its page of metrics
// says.
//
// It must not know what the figures are for.
package metrics
