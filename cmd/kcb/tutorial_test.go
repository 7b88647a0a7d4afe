package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tutorial is followed: in an empty folder with a checkout of the base layer
// in it, each command of its console blocks is run and gives the lines that
// stand below it, in that order; "..." stands for any others. A line may go on
// further than it is shown.
func TestTutorial(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "tutorial", "first-charm.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := transcript(string(text))
	if len(steps) < 10 {
		t.Fatalf("found only %d commands: nothing would be tested", len(steps))
	}
	dir, home := t.TempDir(), t.TempDir()
	checkOut(t, filepath.Join(dir, "kafka-connect-base"))
	for _, s := range steps {
		if to, ok := strings.CutPrefix(s.command, "cd "); ok {
			dir = filepath.Join(dir, to)
			continue
		}
		cmd := exec.CommandContext(t.Context(), "bash", "-c", s.command)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "HOME="+home, "NO_COLOR=1", "LC_ALL=C"), goCaches(t)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("$ %s\n%s%v", s.command, out, err)
		}
		if missing := inOrder(s.output, string(out)); missing != "" {
			t.Fatalf("$ %s\nthe tutorial says %q, and here it is\n%s", s.command, missing, out)
		}
	}
}

// checkOut copies the base layer: no more than is published as its module.
func checkOut(t *testing.T, to string) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == ".git" || name == "build" || name == "acceptance" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// step is a command and what the page says that it gives.
type step struct {
	command string
	output  []string
}

var console = regexp.MustCompile("(?s)```console\n(.*?)```")

func transcript(page string) (steps []step) {
	for _, block := range console.FindAllStringSubmatch(page, -1) {
		for _, line := range strings.Split(strings.TrimRight(block[1], "\n"), "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				steps = append(steps, step{command: command})
			} else if line != "..." && line != "" {
				last := &steps[len(steps)-1]
				last.output = append(last.output, line)
			}
		}
	}
	return steps
}

// inOrder gives the first line that a program did not write after those before.
func inOrder(want []string, got string) (missing string) {
	lines := strings.Split(got, "\n")
	for _, w := range want {
		at := 0
		for at < len(lines) && !strings.HasPrefix(lines[at], w) {
			at++
		}
		if at == len(lines) {
			return w
		}
		lines = lines[at+1:]
	}
	return ""
}
