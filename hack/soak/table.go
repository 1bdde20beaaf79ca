package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table writes Markdown.
func table(to io.Writer, head []string, rows [][]string) {
	fmt.Fprintf(to, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		fmt.Fprintf(to, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintln(to)
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }

func kilobytes(bytes float64) string { return fmt.Sprintf("%+.1f KB", bytes/1e3) }

func rounded(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// spread is the median and the longest of some durations.
func spread(durations []time.Duration) string {
	if len(durations) == 0 {
		return "-"
	}
	sorted := slices.SortedFunc(slices.Values(durations), cmp.Compare)
	return fmt.Sprintf("%s, %s", rounded(sorted[len(sorted)/2]), rounded(sorted[len(sorted)-1]))
}

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
