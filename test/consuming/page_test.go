package consuming_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThePageShowsEachProgramAsItIsInItsFile(t *testing.T) {
	page, err := os.ReadFile("../../docs/consuming-tokens.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	err = filepath.WalkDir(examples, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".test.mjs") {
			return err
		}
		kind, known := map[string]string{".go": "go", ".mjs": "js", ".py": "python"}[filepath.Ext(path)]
		if !known {
			return nil
		}
		program, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		shown++
		if !strings.Contains(string(page), "\n```"+kind+"\n"+string(program)+"```\n") {
			t.Errorf("the page does not show %s as it is", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if shown != 4 {
		t.Errorf("%d programs were found", shown)
	}
}
