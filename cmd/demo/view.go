package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/capability-operator/capability-operator/internal/terminal"
)

// view is where the demo shows itself. Its methods fail only where nobody can read on: the demo then ends.
type view interface {
	// say prints lines that stay.
	say(lines ...line) error
	// tell prints what happened.
	tell(events []event) error
	// show shows the present state; it is called every second and after every event.
	show(present state) error
	// finish leaves the last state standing and the cursor below it.
	finish() error
}

// state is what the demo shows at one moment.
type state struct {
	rows []row
	now  time.Time
	ends time.Time // when the demo ends by itself; zero where only the user ends it
}

// newView takes a terminal for a terminal, and writes plain lines to everything else.
func newView(out *os.File, environment func(string) string) view {
	if !term.IsTerminal(int(out.Fd())) || environment("TERM") == "dumb" {
		return &lines{out: out}
	}
	s := &screen{out: out, size: sizeOf(out), coloured: environment("NO_COLOR") == ""}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		go s.watchKeys(os.Stdin)
	}
	return s
}

const defaultColumns, defaultLines = 80, 24

func sizeOf(out *os.File) func() (int, int) {
	return func() (int, int) {
		columns, height, err := term.GetSize(int(out.Fd()))
		if err != nil || columns <= 0 || height <= 0 {
			return defaultColumns, defaultLines
		}
		return columns, height
	}
}

// sentence is an event as a line: when, whom, what.
func sentence(e event) line {
	what := terminal.Pad(e.what, len("re-issued"))
	return line{text: fmt.Sprintf("%s  %s  %s  %s", e.at.Format(time.TimeOnly), terminal.Pad(e.about, max(8, terminal.Cells(e.about))), what, e.detail), tone: e.tone}
}

func write(out io.Writer, text string) error {
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("%w: %w", errUnread, err)
	}
	return nil
}
