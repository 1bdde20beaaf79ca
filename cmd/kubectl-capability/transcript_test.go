package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// transcribe runs commands and compares what they print with what is kept of them.
// A command is written without its namespace.
func (w *world) transcribe(name string, commands ...string) {
	w.t.Helper()
	var text strings.Builder
	for i, command := range commands {
		if i > 0 {
			text.WriteString("\n")
		}
		in := " -n support"
		if strings.Contains(command, " -A") {
			in = ""
		}
		got := w.call(strings.NewReplacer("production", w.account, "support", w.namespace).Replace(command + in))
		fmt.Fprintf(&text, "$ kubectl capability %s%s\n%s", command, in, w.shown(got.text))
		if got.code != 0 {
			fmt.Fprintf(&text, "(exit code %d)\n", got.code)
		}
	}
	compare(w.t, filepath.Join("testdata", "transcripts"), name+".txt", text.String())
}

func compare(t *testing.T, folder, name, got string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what is kept (-update writes it anew):\n%s", path, diff)
	}
}
