package layers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Git is asked about every path with every list of patterns: one syntax, one
// meaning.
func TestPatternsAsGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("git is missing: it is what the patterns are compared with")
		}
		t.Skip("git is missing: it is what the patterns are compared with")
	}
	paths := []string{"a", "b", "a.go", "d/a.go", "d/e/a.go", "d/e/f", "doc1.txt", "docs/x.md", "docs/keep.md", "build/x", "d/build/y",
		"x.go.txt", "# no", "a b", "d/x/y/z", "!b", "[c", "e.pyc", "icon.svg"}
	for _, lines := range [][]string{
		{"*.go"}, {"/*.go"}, {"d/"}, {"build/"}, {"/build"}, {"d/e"}, {"e/f"}, {"**/f"}, {"d/**"}, {"d/**/z"}, {"**/e/a.go"},
		{"doc?.txt"}, {"doc[0-9].txt"}, {"doc[!1].txt"}, {"doc*"}, {"/*/"}, {"/*", "!/icon.svg"}, {"*.md", "!keep.md"},
		{"docs/", "!docs/keep.md"}, {"docs/*", "!docs/keep.md"}, {`\!b`, `\# no`}, {"# a", "", "b"}, {"a b  "}, {"[c"}, {"a*b"}, {"*"}, {"d/*/a.go"}, {".*"}, {"x.*.txt"},
	} {
		dir := t.TempDir()
		if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		for _, p := range paths {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(p)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, p), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ignore := filepath.Join(t.TempDir(), "patterns")
		if err := os.WriteFile(ignore, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("git", "-C", dir, "ls-files", "-z", "--others", "--ignored", "--exclude-from", ignore)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		for _, p := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
			said[p] = true
		}
		compiled := compilePatterns(lines)
		for _, p := range paths {
			if got := compiled.match(p, false); got != said[p] {
				t.Errorf("%q of %q: git says %v, we %v", lines, p, said[p], got)
			}
		}
	}
}
