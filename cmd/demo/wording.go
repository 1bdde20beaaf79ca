package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// may says what a grant permits, as in: receive as tommy, call AP0123…cdef {team=support}.
func may(g capability.Grant) string {
	var parts []string
	if g.Incoming {
		parts = append(parts, "receive as "+g.ClientName)
	}
	if g.Outgoing != nil {
		call := "call " + shortSID(g.Outgoing.ApplicationSID)
		if !g.Incoming && g.ClientName != "" {
			call += " as " + g.ClientName
		}
		parts = append(parts, call+pairs(g.Outgoing.Params))
	}
	if g.EventStream != nil {
		parts = append(parts, "subscribe to events"+pairs(g.EventStream.Filters))
	}
	return printable(strings.Join(parts, ", "))
}

func pairs(params map[string]string) string {
	if len(params) == 0 {
		return ""
	}
	var written []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		written = append(written, name+"="+params[name])
	}
	return " {" + strings.Join(written, ", ") + "}"
}

// shortSID keeps the ends of a SID, by which people tell them apart.
func shortSID(sid string) string {
	if len(sid) <= 12 {
		return sid
	}
	return sid[:6] + "…" + sid[len(sid)-4:]
}

func lifetime(s *sighting) string {
	if !s.readable {
		return "?"
	}
	return short(s.says.ExpiresAt.Sub(s.says.IssuedAt))
}

// short writes a duration in whole seconds, rounded down, without zeros at its end: 1h, 1h30m, 45s.
func short(d time.Duration) string {
	if d < 0 {
		return "-" + short(-d)
	}
	text := d.Truncate(time.Second).String()
	if rest, ok := strings.CutSuffix(text, "m0s"); ok {
		text = rest + "m"
	}
	if rest, ok := strings.CutSuffix(text, "h0m"); ok {
		text = rest + "h"
	}
	return text
}
