package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestUsageIsReadFromTheKernelsFiles(t *testing.T) {
	const (
		stat   = "4242 (a (strange) name) S 1 4242 4242 0 -1 4194304 900 0 0 0 151 49 0 0 20 0 8 0 100 1000 200\n"
		status = "Name:\tmanager\nVmHWM:\t   40960 kB\nVmRSS:\t   30720 kB\n"
	)
	got, err := readUsage(stat, status)
	if err != nil {
		t.Fatal(err)
	}
	if want := (usage{cpu: 2 * time.Second, resident: 30 << 20, peak: 40 << 20}); got != want {
		t.Errorf("%+v was read, not %+v", got, want)
	}
}

func TestUsageOfAProcessThatEndedIsAnError(t *testing.T) {
	if got, err := readUsage("4242 (manager) Z 1 4242 4242 0 -1 4194304 900 0 0 0 151 49 0 0 20 0 8", "Name:\tmanager\n"); err == nil {
		t.Errorf("%+v was read of a process that has ended", got)
	}
}

// childVariable has this test's own program be a child: one that prints and waits to be told to end, or a bare client.
const childVariable = "BENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "waits":
		fmt.Fprintln(os.Stdout, "at work")
		select {}
	case "measures":
		fmt.Fprintf(os.Stdout, "%s\n%s\n", measuring, `{"renewals": 30, "took": 2000000000}`)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "ends before it measures":
		os.Exit(3)
	case "ends while it measures":
		fmt.Fprintln(os.Stdout, measuring)
		os.Exit(3)
	case "talks without end":
		for {
			fmt.Fprintln(os.Stdout, "and so on")
		}
	}
}

func TestABareClientIsWatchedUntilItHasToldItsResult(t *testing.T) {
	w, err := bareChild(t, "measures")
	if err != nil {
		t.Fatal(err)
	}
	if w.renewals != 30 || w.took != 2*time.Second {
		t.Errorf("%+v was measured, not 30 renewals in 2 s", w)
	}
}

func TestABareClientThatFailsIsAnErrorAndIsNotWaitedFor(t *testing.T) {
	for _, child := range []string{"ends before it measures", "ends while it measures", "talks without end"} {
		begin := time.Now()
		if w, err := bareChild(t, child); err == nil {
			t.Errorf("a bare client that %s measured %+v", child, w)
		}
		if took := time.Since(begin); took >= endsWithin {
			t.Errorf("a bare client that %s was waited for %s", child, took)
		}
	}
}

func bareChild(t *testing.T, child string) (window, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return runBare(t.Context(), []string{childVariable + "=" + child}, self)
}

func TestAProcessThatEndsBySignalSaysSo(t *testing.T) {
	p := startChild(t)
	if err := p.alive(); err != nil {
		t.Errorf("a process that runs is not alive: %v", err)
	}
	if _, err := p.usage(); err != nil {
		t.Errorf("a process that runs has no usage: %v", err)
	}
	err := p.stop()
	var exited *exec.ExitError
	if !errors.As(err, &exited) || !strings.Contains(err.Error(), "at work") {
		t.Errorf("a process that a signal ended gave the error %v", err)
	}
	if err := p.alive(); err == nil {
		t.Error("a process that has ended is alive")
	}
}

func startChild(t *testing.T) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Not with the test's context: stop ends it.
	p, err := startProcess(context.WithoutCancel(t.Context()), []string{childVariable + "=waits"}, streams{}, self)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(p.output.String(), "at work"); {
		if time.Now().After(deadline) {
			t.Fatal("the child does not work")
		}
		if err := waitFor(t.Context(), 10*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestATailKeepsTheEnd(t *testing.T) {
	var kept tail
	for range 1000 {
		if _, err := kept.Write([]byte("0123456789")); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = kept.Write([]byte("the end"))
	if got := kept.String(); !strings.HasSuffix(got, "89the end") || len(got) > keptOutput+100 {
		t.Errorf("%d bytes were kept, with the end %q", len(got), got[len(got)-20:])
	}
}
