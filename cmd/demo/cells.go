package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

const ellipsis = "…"

// printable replaces what would move a terminal's cursor or change its state: the values of params and the messages of
// others are shown, not obeyed.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, s)
}

// cells is how many columns of a terminal a text takes.
func cells(s string) int {
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

// clip shortens a text to a number of columns, with an ellipsis where something is left out.
func clip(s string, columns int) string {
	if cells(s) <= columns {
		return s
	}
	if columns <= 0 {
		return ""
	}
	var kept strings.Builder
	room := columns - cells(ellipsis)
	for _, r := range s {
		if room -= runeCells(r); room < 0 {
			break
		}
		kept.WriteRune(r)
	}
	return kept.String() + ellipsis
}

// pad clips or fills a text to exactly a number of columns.
func pad(s string, columns int) string {
	s = clip(s, columns)
	return s + strings.Repeat(" ", max(0, columns-cells(s)))
}
