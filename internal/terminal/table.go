package terminal

import (
	"fmt"
	"io"
	"strings"
)

// gap is what kubectl has between two columns.
const gap = "   "

// Cell is one field of a table.
type Cell struct {
	Text string
	Tone Tone
}

// Table is rows under heads. Every row has as many cells as there are heads.
type Table struct {
	// Heads are the columns' names; a table that has none is written without.
	Heads []string
	Rows  [][]Cell
}

// Write lays the table out, indented, in the colours of its cells. What would move
// a terminal's cursor is replaced.
func (t Table) Write(out io.Writer, paint Painter, indent string) error {
	rows := t.Rows
	if len(t.Heads) > 0 {
		heads := make([]Cell, len(t.Heads))
		for i, head := range t.Heads {
			heads[i] = Cell{Text: head}
		}
		rows = append([][]Cell{heads}, rows...)
	}
	widths := widthsOf(rows)
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(indent)
		text.WriteString(layOut(row, widths, paint))
		text.WriteByte('\n')
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}

func widthsOf(rows [][]Cell) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Cells(Printable(cell.Text)))
		}
	}
	return widths
}

// layOut leaves no spaces at the end of a line.
func layOut(row []Cell, widths []int, paint Painter) string {
	last := len(row) - 1
	for last >= 0 && row[last].Text == "" {
		last--
	}
	var line strings.Builder
	for i, cell := range row[:last+1] {
		text := Printable(cell.Text)
		line.WriteString(paint.Paint(cell.Tone, text))
		if i < last {
			line.WriteString(strings.Repeat(" ", widths[i]-Cells(text)) + gap)
		}
	}
	return line.String()
}
