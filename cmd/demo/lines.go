package main

import (
	"io"
	"strings"
	"time"
)

// statusEvery is how often plain lines repeat the state, so that a log shows life between two events.
const statusEvery = 10 * time.Second

// lines shows the demo where there is no terminal: one line for each event, and now and then one for the state.
type lines struct {
	out    io.Writer
	status time.Time // when the state was last said
}

func (v *lines) say(said ...line) error {
	var text strings.Builder
	for _, l := range said {
		text.WriteString(l.text + "\n")
	}
	return write(v.out, text.String())
}

func (v *lines) tell(events []event) error {
	var said []line
	for _, e := range events {
		said = append(said, sentence(e))
	}
	return v.say(said...)
}

func (v *lines) show(present state) error {
	if v.status.IsZero() {
		v.status = present.now
	}
	if present.now.Sub(v.status).Round(time.Second) < statusEvery { // the ticks come a little early or late
		return nil
	}
	v.status = present.now
	return v.say(line{text: present.now.Format(time.TimeOnly) + "  " + status(present.rows)})
}

func (v *lines) finish() error { return nil }

// status is the whole table in one line.
func status(rows []row) string {
	if len(rows) == 0 {
		return "status    no ClientCapability"
	}
	said := make([]string, len(rows))
	for i, r := range rows {
		switch {
		case !r.held:
			said[i] = r.name + ": " + r.may
			continue
		case r.tone == bad:
			said[i] = r.name + ": " + r.expires
			continue
		}
		said[i] = r.name + " expires in " + r.expires + ", renews in " + r.renews + ", renewals " + r.renewals
	}
	return "status    " + strings.Join(said, "; ")
}
