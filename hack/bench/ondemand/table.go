package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// aim is the share of a request that does nothing which was promised.
const aim = 0.6

// print writes Markdown that can stand in docs/performance.md as it is.
func (r *result) print(to io.Writer, machine string) {
	s := r.setup
	fmt.Fprintf(to, "%s %d connections, kept alive, one request at a time on each; %d windows of %s for each line.\n\n",
		machine, s.connections, s.rounds, s.window)
	fmt.Fprint(to, "| way | request | per second | of nothing | by processor time | p50 | p99 | token server | API server | callers |\n"+
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, l := range r.lines {
		slices.Sort(l.latencies)
		rate, cost := r.shares(l)
		fmt.Fprintf(to, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", l.way.name, l.kind.what, thousands(int(l.rate())), rate, cost,
			milliseconds(percentile(l.latencies, 50)), milliseconds(percentile(l.latencies, 99)),
			microseconds(l.each(l.tokenServer)), microseconds(l.each(l.apiServer)), microseconds(l.each(l.callers)))
	}
	fmt.Fprintf(to, "\nOf nothing: shares of the rate in the same round, the median of %d, and the least and the most. The aim is %.1f. "+
		"The last three columns are processor time for one request, and by processor time the share is what these come to.\n\n", s.rounds, aim)
	fmt.Fprintf(to, "- The API server saw %.5f requests for each token that was asked for straight: %s in %s, for %s tokens.\n",
		r.perToken(), listed(r.served), r.lasted, thousands(r.straight))
	fmt.Fprintf(to, "- %s tokens came, %s are logged and %s are counted in the token server's metrics.\n",
		thousands(r.handed), thousands(r.logged), thousands(r.granted))
	fmt.Fprintf(to, "- The token server took %.0f MiB of memory at most.\n", r.memory/(1<<20))
	fmt.Fprintf(to, "- %d connections were dialled while anything was measured, for %s requests.\n", r.dialled, thousands(r.answered))
}

// shares are how a request for a token stands to those that do nothing, on the same way.
func (r *result) shares(l *line) (rate, cost string) {
	if l.kind.client == "" {
		return "", ""
	}
	var rates, costs []string
	for _, k := range []kind{nothing, bare, discovery} {
		of := r.find(l.way, k)
		if of == nil || l.way.straight && k.what == discovery.what {
			continue
		}
		median, least, most := l.share(of)
		rates = append(rates, fmt.Sprintf("%.2f (%.2f to %.2f) of %s", median, least, most, k.short))
		costs = append(costs, fmt.Sprintf("%.2f of %s", l.costShare(of), k.short))
	}
	return strings.Join(rates, ", "), strings.Join(costs, ", ")
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

func microseconds(d time.Duration) string {
	return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond))
}

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
