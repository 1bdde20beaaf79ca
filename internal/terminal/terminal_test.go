package terminal

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDurationsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 900 * time.Millisecond: "0s", 45 * time.Second: "45s", 10 * time.Minute: "10m", time.Hour: "1h",
		90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s", 100 * time.Second: "1m40s", -2 * time.Second: "-2s",
	} {
		if got := Short(d); got != want {
			t.Errorf("Short(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestTextIsCutByTheCellsItTakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		room int
		want string
	}{
		{"tommy", 5, "tommy"},
		{"tommy", 4, "tom…"},
		{"tommy", 1, "…"},
		{"tommy", 0, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"},
	} {
		if got := Clip(tc.text, tc.room); got != tc.want {
			t.Errorf("Clip(%q, %d) is %q, want %q", tc.text, tc.room, got, tc.want)
		}
		if got := Cells(Pad(tc.text, tc.room)); got != tc.room {
			t.Errorf("Pad(%q, %d) takes %d cells", tc.text, tc.room, got)
		}
	}
}

func TestATableIsLaidOutByCellsAndColouredWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	table := Table{Heads: []string{"NAME", "READY", "WHY"}, Rows: [][]Cell{
		{{Text: "日本"}, {Text: "False", Tone: Bad}, {Text: "x\x1b[2J"}},
		{{Text: "tommy"}, {Text: "True", Tone: Good}, {}},
	}}
	for name, tc := range map[string]struct {
		paint Painter
		want  string
	}{
		"plain":    {Painter{}, "  NAME    READY   WHY\n  日本    False   x�[2J\n  tommy   True\n"},
		"coloured": {Painter{coloured: true}, "  NAME    READY   WHY\n  日本    \x1b[1;31mFalse\x1b[0m   x�[2J\n  tommy   \x1b[32mTrue\x1b[0m\n"},
	} {
		var out strings.Builder
		if err := table.Write(&out, tc.paint, "  "); err != nil || out.String() != tc.want {
			t.Errorf("%s it is, with error %v:\n%q, want\n%q", name, err, out.String(), tc.want)
		}
	}
}

func TestColoursAreForATerminalWhoseUserWantsThem(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	nothing := func(string) string { return "" }
	for name, out := range map[string]io.Writer{"a buffer": &strings.Builder{}, "a file": file} {
		if PainterFor(out, nothing).coloured {
			t.Errorf("%s is coloured", name)
		}
	}
	for _, tc := range []struct {
		environment map[string]string
		want        bool
	}{
		{map[string]string{"TERM": "xterm"}, true},
		{map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false},
		{map[string]string{"TERM": "dumb"}, false},
	} {
		if got := wantsColours(func(name string) string { return tc.environment[name] }); got != tc.want {
			t.Errorf("with %v it is %v", tc.environment, got)
		}
	}
}

func TestATerminalGetsColours(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	paint := PainterFor(terminal, func(string) string { return "" })
	for tone, want := range map[Tone]string{Plain: "x", Bad: "\x1b[1;31mx\x1b[0m"} {
		if got := paint.Paint(tone, "x"); got != want {
			t.Errorf("tone %d gives %q", tone, got)
		}
	}
}

func TestTextIsBrokenBetweenWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text    string
		columns int
		want    []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 6, []string{"one", "two", "three"}},
		{"unbreakable word", 4, []string{"unbreakable", "word"}},
		{"日本 語", 5, []string{"日本", "語"}},
		{"", 5, []string{""}},
		{"  a\n b ", 9, []string{"a b"}},
	} {
		if got := Wrap(tc.text, tc.columns); !slices.Equal(got, tc.want) {
			t.Errorf("Wrap(%q, %d) is %q, want %q", tc.text, tc.columns, got, tc.want)
		}
	}
}
