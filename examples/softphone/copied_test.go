package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The Dockerfile does that, and so does who copies the example.
func TestTheFolderBuildsByItselfWhereItWasCopied(t *testing.T) {
	folder := t.TempDir()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		content, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, source), string(content))
	}
	if err := os.CopyFS(filepath.Join(folder, "web"), os.DirFS("web")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"mod", "init", "softphone"}, {"build", "-o", "softphone", "."}} {
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir, command.Env = folder, append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS=")
		if printed, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, printed)
		}
	}
}
