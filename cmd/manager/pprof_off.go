//go:build !pprof

package main

// pprofAddress is empty: what runs in a cluster has no door for debuggers. A
// manager that is to be profiled is built with -tags pprof.
func pprofAddress() string { return "" }
