package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// row is a line of the table.
type row struct {
	what   string
	figure string // absolute
	ratio  string // to something of the same run
	aim    string // what it should be; empty where nothing was promised
	// judged rows are counts: they fail the run where they are not met.
	judged, met bool
}

func (r row) off() bool { return r.judged && !r.met }

type table struct{ rows []row }

func (t *table) add(rows ...row) { t.rows = append(t.rows, rows...) }

// off are the counts that are not what they must be.
func (t *table) off() []string {
	var off []string
	for _, r := range t.rows {
		if r.off() {
			off = append(off, fmt.Sprintf("%s: %s, not %s", r.what, r.figure, r.aim))
		}
	}
	return off
}

// print writes Markdown that can stand in docs/performance.md as it is.
func (t *table) print(to io.Writer, machine string) {
	fmt.Fprintf(to, "%s\n\n| what | measured | in ratio | aim |\n| --- | --- | --- | --- |\n", machine)
	for _, r := range t.rows {
		aim := r.aim
		if r.off() {
			aim += " **off**"
		}
		cells := []string{r.what, r.figure, r.ratio, aim}
		fmt.Fprintf(to, "| %s |\n", strings.ReplaceAll(strings.Join(cells, "\x00"), "\x00", " | "))
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
