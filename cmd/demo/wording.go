package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// may says what a grant permits, as in: receive as tommy, call AP0123…cdef {team=support}.
func may(g capability.Grant) string {
	var parts []string
	if g.Incoming {
		parts = append(parts, "receive as "+g.ClientName)
	}
	if g.Outgoing != nil {
		call := "call " + terminal.ShortSID(g.Outgoing.ApplicationSID)
		if !g.Incoming && g.ClientName != "" {
			call += " as " + g.ClientName
		}
		parts = append(parts, call+pairs(g.Outgoing.Params))
	}
	if g.EventStream != nil {
		parts = append(parts, "subscribe to events"+pairs(g.EventStream.Filters))
	}
	return terminal.Printable(strings.Join(parts, ", "))
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

func lifetime(s *sighting) string {
	if !s.readable {
		return "?"
	}
	return terminal.Short(s.says.ExpiresAt.Sub(s.says.IssuedAt))
}
