//go:build e2e

package e2e_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/capability-operator/capability-operator/test/e2e/sightings"
)

// report gathers the figures that the last lines of a run give.
type report struct {
	mu      sync.Mutex
	figures []string
	pods    []podReport
}

type podReport struct {
	name  string
	lines []sightings.Line
}

func (r *report) figure(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.figures = append(r.figures, fmt.Sprintf(format, args...))
}

func (r *report) pod(name string, lines []sightings.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pods = append(r.pods, podReport{name, lines})
}

func (r *report) print(to io.Writer, total time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var text strings.Builder
	for _, figure := range r.figures {
		fmt.Fprintln(&text, figure)
	}
	for _, pod := range r.pods {
		fmt.Fprintf(&text, "%s, as the pod saw its tokens (ttl %s):\n", pod.name, ttl)
		table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "token\tissued\tin the pod after\twith left\tthe former had left\t")
		for i, line := range tokensOf(pod.lines) {
			former := "-"
			if i > 0 {
				former = seconds(line.Former)
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t\n", i+1, line.IssuedAt.Format(time.TimeOnly), seconds(line.Age), seconds(line.Remaining), former)
		}
		_ = table.Flush() // into a strings.Builder
		counts := countsOf(pod.lines)
		fmt.Fprintf(&text, "%d reads: %d expired, %d empty, %d torn, %d missing; never less than %s left\n",
			counts.Reads, counts.Expired, counts.Empty, counts.Torn, counts.Missing, seconds(counts.LeastRemaining))
	}
	fmt.Fprintf(&text, "total time %s\n", total.Round(time.Second))
	for line := range strings.Lines(text.String()) {
		fmt.Fprint(to, "e2e: "+line)
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

// tokensOf are the lines that tell of a new token.
func tokensOf(lines []sightings.Line) []sightings.Line {
	var tokens []sightings.Line
	for _, line := range lines {
		if line.Event == sightings.Token {
			tokens = append(tokens, line)
		}
	}
	return tokens
}

func countsOf(lines []sightings.Line) sightings.Counts {
	if len(lines) == 0 {
		return sightings.Counts{}
	}
	return lines[len(lines)-1].Counts
}
