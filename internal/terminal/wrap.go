package terminal

import "strings"

// Wrap breaks a text between words into lines of at most so many columns. A word
// that is longer stays whole.
func Wrap(text string, columns int) []string {
	var lines []string
	line, room := "", 0
	for _, word := range strings.Fields(text) {
		width := Cells(word)
		if line != "" && width+1 > room {
			lines, line = append(lines, line), ""
		}
		if line == "" {
			line, room = word, columns-width
			continue
		}
		line, room = line+" "+word, room-width-1
	}
	return append(lines, line)
}
