package machine

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Description says what stands under a table of figures.
func Description() string {
	return fmt.Sprintf("%s, %s of memory, %s; etcd without fsync, all on one machine.", Processor(), memory(), Platform())
}

// Processor is such as "2 cores of AMD EPYC".
func Processor() string {
	name := "an unknown processor"
	if content, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if said := valueOf(string(content), "model name"); said != "" {
			name = said
		}
	}
	return fmt.Sprintf("%d cores of %s", runtime.NumCPU(), name)
}

// Platform is such as "linux/amd64, go1.26.8".
func Platform() string {
	return runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()
}

func memory() string {
	content, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "unknown"
	}
	var kilobytes int64
	if _, err := fmt.Sscanf(valueOf(string(content), "MemTotal"), "%d kB", &kilobytes); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f GiB", float64(kilobytes)/(1<<20))
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
