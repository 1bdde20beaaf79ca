package release_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	repository = "../../"
	module     = "github.com/capability-operator/capability-operator/"
)

// An image is built where there is Docker, which is not wherever tests run.
func TestTheImagesBuilderIsGivenAllThatItCompiles(t *testing.T) {
	let := strings.Split(read(t, ".dockerignore"), "\n")
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/manager", "./cmd/tokenserver")
	list.Dir = repository
	printed, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for dependency := range strings.Lines(string(printed)) {
		folder, ours := strings.CutPrefix(strings.TrimSpace(dependency), module)
		if !ours {
			continue
		}
		found++
		if top, _, _ := strings.Cut(folder, "/"); !slices.Contains(let, "!"+top) {
			t.Errorf(".dockerignore keeps %s from the builder, and the programs are made of it", folder)
		}
	}
	if found < 10 {
		t.Errorf("only %d packages were found", found)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(repository + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
