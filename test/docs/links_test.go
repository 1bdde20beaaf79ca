package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
	scheme  = regexp.MustCompile(`^[a-z]+:`)
)

func TestEveryRelativeLinkLeadsSomewhere(t *testing.T) {
	checked := 0
	for _, page := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(prose(t, page), -1) {
			target := match[1]
			if scheme.MatchString(target) {
				continue
			}
			checked++
			path, anchor, _ := strings.Cut(target, "#")
			if path == "" {
				path = page
			} else {
				path = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s points to %s, where nothing is", page, target)
				continue
			}
			if anchor != "" && !anchors(t, path)[anchor] {
				t.Errorf("%s points to %s, and %s has no such heading", page, target, path)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d links were found", checked)
	}
}

func TestEveryPageIsReachedFromTheReadme(t *testing.T) {
	reached := map[string]bool{}
	var visit func(string)
	visit = func(page string) {
		if reached[page] || !strings.HasSuffix(page, ".md") {
			return
		}
		reached[page] = true
		for _, match := range link.FindAllStringSubmatch(prose(t, page), -1) {
			path, _, _ := strings.Cut(match[1], "#")
			if path != "" && !scheme.MatchString(path) {
				visit(filepath.Join(filepath.Dir(page), path))
			}
		}
	}
	visit("README.md")
	for _, page := range pages(t) {
		if !reached[page] {
			t.Errorf("no way leads from README.md to %s", page)
		}
	}
}

// The map is how a page is found by somebody who does not know that there is one.
func TestTheMapHasALineForEveryPage(t *testing.T) {
	const theMap = "docs/README.md"
	lines := map[string]int{}
	for _, match := range regexp.MustCompile(`(?m)^\| \[[^]]+\]\(([^)#]+)\) \| [^|]{20,} \|$`).FindAllStringSubmatch(read(t, theMap), -1) {
		lines[filepath.Join("docs", match[1])]++
	}
	for _, page := range pages(t) {
		folder := filepath.Dir(page)
		if page == theMap || folder != "docs" && folder != "." {
			continue
		}
		if lines[page] != 1 {
			t.Errorf("%s has %d lines on %s", theMap, lines[page], page)
		}
	}
}

// pages are all pages of the repository, by their path from its top.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "bin" || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(entry.Name(), ".md") {
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found = append(found, relative)
		}
		return nil
	})
	if err != nil || len(found) < 10 {
		t.Fatalf("pages are %q, %v", found, err)
	}
	return found
}

// prose is a page without its blocks of code.
func prose(t *testing.T, page string) string {
	t.Helper()
	var text strings.Builder
	code := false
	for line := range strings.Lines(read(t, page)) {
		if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
			code = !code
		} else if !code {
			text.WriteString(line)
		}
	}
	return text.String()
}

// anchors are what headings are called in links.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(prose(t, page), -1) {
		found[anchor(match[1])] = true
	}
	return found
}

func anchor(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
