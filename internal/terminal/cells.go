package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

const ellipsis = "…"

// Printable replaces what would move a terminal's cursor or change its state: the values of params and the messages of
// others are shown, not obeyed.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, s)
}

// Cells is how many columns of a terminal a text takes.
func Cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	if kind := width.LookupRune(r).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// Clip shortens a text to a number of columns, with an ellipsis where something is left out.
func Clip(s string, columns int) string {
	if Cells(s) <= columns {
		return s
	}
	if columns <= 0 {
		return ""
	}
	var kept strings.Builder
	room := columns - Cells(ellipsis)
	for _, r := range s {
		if room -= runeCells(r); room < 0 {
			break
		}
		kept.WriteRune(r)
	}
	return kept.String() + ellipsis
}

// Pad clips or fills a text to exactly a number of columns.
func Pad(s string, columns int) string {
	s = Clip(s, columns)
	return s + strings.Repeat(" ", max(0, columns-Cells(s)))
}
