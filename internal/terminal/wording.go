package terminal

import (
	"strings"
	"time"
)

// ShortSID keeps the ends of a SID, by which people tell them apart.
func ShortSID(sid string) string {
	if len(sid) <= 12 {
		return sid
	}
	return sid[:6] + "…" + sid[len(sid)-4:]
}

// Short writes a duration in whole seconds, rounded down, without zeros at its end: 1h, 1h30m, 45s.
func Short(d time.Duration) string {
	if d < 0 {
		return "-" + Short(-d)
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
