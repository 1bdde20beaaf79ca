package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine describes where the figures come from, as far as the machine says so itself.
func machine() string {
	processor := "an unknown processor"
	if content, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if name := valueOf(string(content), "model name"); name != "" {
			processor = name
		}
	}
	memory := "unknown"
	if content, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kilobytes int64
		if _, err := fmt.Sscanf(valueOf(string(content), "MemTotal"), "%d kB", &kilobytes); err == nil {
			memory = fmt.Sprintf("%.0f GiB", float64(kilobytes)/(1<<20))
		}
	}
	return fmt.Sprintf("%d cores of %s, %s of memory, %s/%s, %s; etcd without fsync, all on one machine.",
		runtime.NumCPU(), processor, memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// valueOf is the first value of a name in a file of "name : value" lines.
func valueOf(content, name string) string {
	for line := range strings.Lines(content) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
