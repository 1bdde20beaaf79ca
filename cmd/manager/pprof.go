//go:build pprof

package main

import "os"

// pprofAddress is where a manager that was built to be profiled serves /debug/pprof.
func pprofAddress() string { return os.Getenv("PPROF_BIND_ADDRESS") }
