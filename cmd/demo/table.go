package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/internal/terminal"
)

// fresh is how long a row is marked after a token came in.
const fresh = 2 * time.Second

// row is one object as the table shows it.
type row struct {
	name, client, may, expires, renews, renewals string
	held                                         bool // a token stands in the Secret
	tone                                         tone
}

// line is one line of the screen.
type line struct {
	text string
	tone tone
	head bool
}

// rows are the objects that exist at present.
func (l *ledger) rows(now time.Time) []row {
	var rows []row
	for _, o := range l.sorted() {
		if o.declared != nil {
			rows = append(rows, o.row(now))
		}
	}
	return rows
}

func (o *object) row(now time.Time) row {
	r := row{
		name:     label(o.key),
		client:   terminal.Printable(o.declared.Spec.ClientName),
		expires:  "-",
		renews:   "-",
		renewals: strconv.Itoa(o.tally.renewed),
	}
	s := o.token
	switch {
	case s == nil || o.lost != nil:
		r.may, r.tone = "no token: "+o.absence(), notice
		return r
	case !s.readable:
		r.may, r.tone = "not a token: edited by hand", bad
		return r
	}
	r.may, r.held = may(s.says.Grant), true
	r.expires, r.tone = terminal.Short(s.says.ExpiresAt.Sub(now)), quiet
	switch renewsAt, ok := o.renewsAt(s); {
	case o.declared.Spec.Suspend:
		r.renews = "suspended"
	case ok:
		r.renews = terminal.Short(max(0, renewsAt.Sub(now)))
	}
	switch {
	case !now.Before(s.says.ExpiresAt):
		r.expires, r.tone = "EXPIRED", bad
	case s.failed:
		r.expires, r.tone = "FALSE", bad
	case now.Sub(s.seen) < fresh:
		r.tone = good
	}
	return r
}

func (o *object) absence() string {
	if reason := trouble(o.declared); reason != "" {
		return reason
	}
	if o.lost != nil {
		return o.lost.why
	}
	return "not issued yet"
}

const (
	gap   = "  "
	least = 6 // cells below which a name says nothing

	lastToGo = 4 // the highest order of a column
)

// column is one of the table's; a column that gives is cut short where the terminal is narrow.
type column struct {
	head  string
	text  func(row) string
	gives bool
	order int // in which it goes where cutting short is not enough; zero stays
	width int
}

func columnsOf() []column {
	return []column{
		{head: "NAME", text: func(r row) string { return r.name }, gives: true},
		{head: "CLIENT", text: func(r row) string { return r.client }, gives: true, order: 1},
		{head: "MAY", text: func(r row) string { return r.may }, gives: true, order: 2},
		{head: "EXPIRES IN", text: func(r row) string { return r.expires }},
		{head: "RENEWS IN", text: func(r row) string { return r.renews }, order: 4},
		{head: "RENEWALS", text: func(r row) string { return r.renewals }, order: 3},
	}
}

// table lays rows out for a terminal of so many cells in a line: names and capabilities are cut short first, and then
// whole columns go, the least telling one first.
func table(rows []row, room int) []line {
	columns := columnsOf()
	for i := range columns {
		columns[i].width = terminal.Cells(columns[i].head)
		for _, r := range rows {
			columns[i].width = max(columns[i].width, terminal.Cells(columns[i].text(r)))
		}
	}
	columns = fit(columns, room)
	lines := []line{{text: layOut(columns, room, func(c column) string { return c.head }), head: true}}
	for _, r := range rows {
		lines = append(lines, line{text: layOut(columns, room, func(c column) string { return c.text(r) }), tone: r.tone})
	}
	return lines
}

func fit(columns []column, room int) []column {
	for goes := 1; leastWidth(columns) > room && goes <= lastToGo; goes++ {
		columns = slices.DeleteFunc(columns, func(c column) bool { return c.order == goes })
	}
	for total := totalWidth(columns); total > room; total-- {
		widest := -1
		for i, c := range columns {
			if c.gives && c.width > least && (widest < 0 || c.width > columns[widest].width) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		columns[widest].width--
	}
	return columns
}

func totalWidth(columns []column) int {
	total := -len(gap)
	for _, c := range columns {
		total += len(gap) + c.width
	}
	return total
}

func leastWidth(columns []column) int {
	total := totalWidth(columns)
	for _, c := range columns {
		if c.gives {
			total -= max(0, c.width-least)
		}
	}
	return total
}

func layOut(columns []column, room int, text func(column) string) string {
	padded := make([]string, len(columns))
	for i, c := range columns {
		padded[i] = terminal.Pad(text(c), c.width)
	}
	return terminal.Clip(strings.TrimRight(strings.Join(padded, gap), " "), room)
}
