package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/capability-operator/capability-operator/internal/terminal"
)

// kept is how many of the lines above the table are remembered, to be shown again after the window changed its width.
const kept = 200

// screen shows the demo on a terminal: lines that scroll away, and under them a table that is redrawn in place. It uses
// neither the alternative screen nor a hidden cursor nor another mode of the terminal, so however it ends, there is
// nothing to restore and everything said can still be read.
type screen struct {
	out      io.Writer
	size     func() (columns, height int)
	coloured bool

	columns int          // the width that was drawn for
	drawn   int          // lines of the table that stand on the terminal, above the cursor
	entered atomic.Int32 // lines that the user's Enter key moved the cursor down since
	said    []line
	frame   []line
}

// watchKeys takes what the user types, so that the next shell does not execute it, and counts the Enter keys, whose echo
// moves the cursor below the table.
func (s *screen) watchKeys(in io.Reader) {
	for typed := bufio.NewScanner(in); typed.Scan(); {
		s.entered.Add(1)
	}
}

func (s *screen) say(said ...line) error {
	s.said = append(s.said, said...)
	if excess := len(s.said) - kept; excess > 0 {
		s.said = append(s.said[:0], s.said[excess:]...)
	}
	return s.draw(said)
}

func (s *screen) tell(events []event) error {
	var said []line
	for _, e := range events {
		said = append(said, sentence(e))
	}
	return s.say(said...)
}

func (s *screen) show(present state) error {
	columns, height := s.size()
	hint := "Ctrl-C ends the demo and everything it started."
	if !present.ends.IsZero() {
		hint = "Ends in " + terminal.Short(max(0, present.ends.Sub(present.now))) + "; Ctrl-C ends it now."
	}
	frame := append([]line{{}}, table(present.rows, columns)...)
	frame = append(frame, line{}, line{text: terminal.Clip(present.now.Format(time.TimeOnly)+"  "+hint, columns)})
	if most := max(1, height-1); len(frame) > most { // a frame taller than the window can't be overwritten
		frame = append(frame[:most-1:most-1], line{text: terminal.Clip(fmt.Sprintf("(%d more lines)", len(frame)-most+1), columns)})
	}
	s.frame = frame
	return s.draw(nil)
}

func (s *screen) finish() error {
	if len(s.frame) > 2 {
		s.frame = s.frame[:len(s.frame)-2] // the hint about Ctrl-C
	}
	err := s.draw(nil)
	s.frame, s.drawn = nil, 0
	return err
}

// draw wipes the table, prints what is new above it and draws the table again, in one write so that it does not flicker.
func (s *screen) draw(said []line) error {
	columns, height := s.size()
	var text strings.Builder
	if s.columns != 0 && s.columns != columns {
		// The terminal may have wrapped the old table, and its height is anyone's guess: begin anew.
		text.WriteString("\x1b[H\x1b[2J")
		said = s.said[max(0, len(s.said)-max(0, height-1-len(s.frame))):]
		s.drawn = 0
		s.entered.Store(0)
	}
	s.columns = columns
	if up := s.drawn + int(s.entered.Swap(0)); up > 0 && s.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA", up)
	}
	text.WriteString("\r\x1b[J")
	for _, l := range said {
		text.WriteString(s.paint(l) + "\n")
	}
	for _, l := range s.frame {
		text.WriteString(s.paint(l) + "\n")
	}
	s.drawn = len(s.frame)
	return write(s.out, text.String())
}

var colours = map[tone]string{good: "\x1b[32m", notice: "\x1b[33m", bad: "\x1b[1;31m"}

func (s *screen) paint(l line) string {
	colour := colours[l.tone]
	if l.head {
		colour = "\x1b[1m"
	}
	if !s.coloured || colour == "" || l.text == "" {
		return l.text
	}
	return colour + l.text + "\x1b[0m"
}
