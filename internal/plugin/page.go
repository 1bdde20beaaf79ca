package plugin

import (
	"strings"

	"github.com/capability-operator/capability-operator/internal/plugin/advice"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// Widths of a page, in columns. It is as wide wherever it is read, so that what one
// person sends another looks the same.
const (
	pageWidth  = 110
	nameWidth  = 16
	pageIndent = "  "
)

// page is an answer in sections for people. What is written to it may be anybody's
// text: it is shown, and never obeyed by the terminal.
type page struct {
	text  strings.Builder
	paint terminal.Painter
	begun string // the name of a section that nothing is in yet
}

func (s *Session) newPage() *page { return &page{paint: s.Paint} }

func (p *page) line(tone terminal.Tone, text string) {
	p.begin()
	p.text.WriteString(p.paint.Paint(tone, text))
	p.text.WriteByte('\n')
}

// title is what the page comes to.
func (p *page) title(text string, tone terminal.Tone) {
	for _, line := range terminal.Wrap(terminal.Printable(text), pageWidth) {
		p.line(tone, line)
	}
}

// section begins one. Where nothing comes to be in it, it is left out.
func (p *page) section(name string) { p.begun = name }

func (p *page) begin() {
	if p.begun != "" {
		p.text.WriteString("\n" + p.paint.Paint(terminal.Strong, p.begun) + "\n")
		p.begun = ""
	}
}

// says is a paragraph.
func (p *page) says(text string) { p.hanging(terminal.Plain, pageIndent, pageIndent, text) }

func (p *page) hanging(tone terminal.Tone, first, further, text string) {
	for _, line := range terminal.Wrap(terminal.Printable(text), pageWidth-len(further)) {
		p.begin()
		p.text.WriteString(first)
		p.line(tone, line)
		first = further
	}
}

// field is a name and its value; nothing where there is none.
func (p *page) field(name, value string) { p.toned(name, value, terminal.Plain) }

func (p *page) toned(name, value string, tone terminal.Tone) {
	if value == "" {
		return
	}
	further := pageIndent + strings.Repeat(" ", nameWidth)
	p.hanging(tone, pageIndent+terminal.Pad(name, nameWidth), further, value)
}

// command is for a shell, and so on one line.
func (p *page) command(text string) {
	p.begin()
	p.text.WriteString(strings.Repeat(pageIndent, 3))
	p.line(terminal.Good, terminal.Printable(text))
}

// steps are what is to be done.
func (p *page) steps(a advice.Advice) {
	p.section("What to do")
	for _, step := range a.Steps {
		p.hanging(terminal.Plain, pageIndent+"- ", pageIndent+"  ", step.Do)
		if step.Command != "" {
			p.command(step.Command)
		}
	}
	if a.Heals != "" {
		p.says("The operator notices what you mended " + a.Heals + ".")
	}
}
