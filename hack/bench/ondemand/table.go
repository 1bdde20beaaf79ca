package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// aim is the share of a request that does nothing which was promised.
const aim = 0.6

// print writes Markdown that can stand in docs/performance.md as it is.
func (r *result) print(to io.Writer, machine string) {
	s := r.setup
	fmt.Fprintf(to, "%s %d connections, kept alive, one request at a time on each; %d windows of %s for each line.\n\n",
		machine, s.connections, s.rounds, s.window)
	fmt.Fprint(to, "| way | request | per second | of discovery | of `POST` | of `GET` | p50 | p99 | token server | API server | callers |\n"+
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, l := range r.lines {
		slices.Sort(l.latencies)
		fmt.Fprintf(to, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", l.way.name, l.kind.what, thousands(int(l.rate())),
			r.share(l, discovery), r.share(l, nothing), r.share(l, bare),
			milliseconds(percentile(l.latencies, 50)), milliseconds(percentile(l.latencies, 99)),
			microseconds(l.each(l.tokenServer)), microseconds(l.each(l.apiServer)), microseconds(l.each(l.callers)))
	}
	fmt.Fprintf(to, "\nThe last three columns are processor time for one request. Shares are of the rate of a request that does nothing, in the same round: "+
		"the median of %d, the least and the most; and what processor time comes to. The aim is %.1f of discovery.\n\n", s.rounds, aim)
	fmt.Fprintf(to, "- The API server saw %.5f requests for each token that was asked for straight: %s in %s, for %s tokens.\n",
		r.perToken(), listed(r.served), r.lasted, thousands(r.straight))
	fmt.Fprintf(to, "- %s tokens came, %s are logged and %s are counted in the token server's metrics.\n",
		thousands(r.handed), thousands(r.logged), thousands(r.granted))
	fmt.Fprintf(to, "- The token server took %.0f MiB of memory at most.\n", r.memory/(1<<20))
	fmt.Fprintf(to, "- %d connections were dialled while anything was measured, for %s requests.\n", r.dialled, thousands(r.answered))
}

// share is how a request for a token stands to one that does nothing, on the same way.
func (r *result) share(l *line, k kind) string {
	of := r.find(l.way, k)
	if l.kind.client == "" || of == nil {
		return ""
	}
	median, least, most := l.share(of)
	return fmt.Sprintf("%.2f (%.2f to %.2f), %.2f by processor time", median, least, most, l.costShare(of))
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
