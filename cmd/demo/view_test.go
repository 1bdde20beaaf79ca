package main

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"
)

func TestPlainLinesHaveNoEscapesAndRepeatTheState(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	v := &lines{out: &out}
	steps := []error{v.tell([]event{{at: start, about: "tommy", what: "issued", detail: "for 30s", tone: good}})}
	for second := range 21 {
		steps = append(steps, v.show(state{rows: twoRows[:1], now: start.Add(time.Duration(second) * time.Second)}))
	}
	if err := errors.Join(append(steps, v.finish())...); err != nil {
		t.Fatal(err)
	}
	want := `12:00:00  tommy     issued     for 30s
12:00:10  status    support: not issued
12:00:20  status    support: not issued
`
	if got := strings.ReplaceAll(out.String(), twoRows[0].may, "not issued"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheStatusLineTellsEveryObject(t *testing.T) {
	t.Parallel()
	rows := []row{
		{name: "a", held: true, expires: "8s", renews: "2s", renewals: "3"},
		{name: "b", may: "no token: not issued yet"},
		{name: "c", held: true, expires: "EXPIRED", tone: bad},
	}
	want := "status    a expires in 8s, renews in 2s, renewals 3; b: no token: not issued yet; c: EXPIRED"
	if got := status(rows); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheScreenIsRedrawnInPlace(t *testing.T) {
	t.Parallel()
	draw := func(coloured bool, height int, between func(*screen, *strings.Builder)) string {
		var out strings.Builder
		s := &screen{out: &out, coloured: coloured, size: func() (int, int) { return 80, height }}
		if err := s.show(state{rows: twoRows, now: start}); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		between(s, &out)
		return out.String()
	}
	tell := func(s *screen, _ *strings.Builder) {
		if err := s.tell([]event{{at: start, about: "tommy", what: "renewed", detail: "x", tone: good}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		got         string
		begins, has string
		lacks       string
	}{
		"a line goes above the table": {draw(false, 24, tell), "\x1b[6A\r\x1b[J12:00:00  tommy     renewed", "\n\nNAME ", "\x1b[0m"},
		"lines have colours":          {draw(true, 24, tell), "\x1b[6A\r\x1b[J\x1b[32m12:00:00", "\x1b[1mNAME", "?25"},
		"Enter moves the table":       {draw(false, 24, func(s *screen, b *strings.Builder) { s.entered.Store(2); tell(s, b) }), "\x1b[8A", "NAME", "2J"},
		"a low window gets less":      {draw(false, 4, tell), "\x1b[3A", "(4 more lines)", "Ctrl-C"},
		"a new width begins anew": {draw(false, 24, func(s *screen, b *strings.Builder) {
			s.size = func() (int, int) { return 40, 24 }
			tell(s, b)
		}), "\x1b[H\x1b[2J", "renewed", "\x1b[6A"},
		"the end keeps the table": {draw(false, 24, func(s *screen, _ *strings.Builder) {
			if err := s.finish(); err != nil {
				t.Fatal(err)
			}
		}), "\x1b[6A\r\x1b[J", "tommy ", "Ctrl-C"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.HasPrefix(tc.got, tc.begins) || !strings.Contains(tc.got, tc.has) || strings.Contains(tc.got, tc.lacks) {
				t.Errorf("got %q, want %q first, then %q, without %q", tc.got, tc.begins, tc.has, tc.lacks)
			}
		})
	}
}

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]error{
		"": nil, "--for 60s": nil, "--manager x": nil, "--help": flag.ErrHelp,
		"--for 60": errSome, "--for -1s": errSome, "--for 0.5s": nil, "now": errSome, "--other": errSome,
	} {
		_, err := parseArgs(strings.Fields(args), io.Discard)
		if (err == nil) != (want == nil) || (errors.Is(want, flag.ErrHelp) && !errors.Is(err, want)) {
			t.Errorf("%q gives %v, want %v", args, err, want)
		}
	}
}

var errSome = errors.New("some error")

func TestTheLastLinesOfALogAreWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789\n", quotedLog/8)
	got := string(lastLines([]byte(long)))
	if len(got) > quotedLog || len(got) < quotedLog-11 || !strings.HasPrefix(got, "0123456789\n") {
		t.Errorf("got %d bytes that begin with %.12q", len(got), got)
	}
	if got := string(lastLines([]byte("short"))); got != "short" {
		t.Errorf("got %q", got)
	}
}
