package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Tone says how much attention a text deserves.
type Tone int

// The tones that there are.
const (
	Plain  Tone = iota // as expected
	Strong             // what a reader looks for first
	Good
	Notice
	Bad
)

var colours = map[Tone]string{Strong: "\x1b[1m", Good: "\x1b[32m", Notice: "\x1b[33m", Bad: "\x1b[1;31m"}

// Painter gives texts the colours of their tones. The zero Painter leaves them as
// they are.
type Painter struct{ coloured bool }

// PainterFor gives colours to a terminal alone, and not there either where its user
// wants none (https://no-color.org).
func PainterFor(out io.Writer, environment func(string) string) Painter {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return Painter{}
	}
	return Painter{coloured: wantsColours(environment)}
}

func wantsColours(environment func(string) string) bool {
	return environment("NO_COLOR") == "" && environment("TERM") != "dumb"
}

// Paint is the text in the colour of the tone.
func (p Painter) Paint(tone Tone, text string) string {
	colour := colours[tone]
	if !p.coloured || colour == "" || text == "" {
		return text
	}
	return colour + text + "\x1b[0m"
}
