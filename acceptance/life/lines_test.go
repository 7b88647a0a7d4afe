package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What tells lost lines from late ones has to be able to.
func TestLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, sink, want string
		wrote, again     int
	}{
		{"nothing written", "", nobody, 0, 0},
		{"nothing arrived", "", waiting, 2, 0},
		{"all arrived", "line 1\nline 2\n", arrived, 2, 0},
		{"one is missing", "line 1\nline 3\n", waiting, 3, 0},
		{"one came twice, one is missing", "line 1\nline 1\nline 3\n", waiting, 3, 1},
		{"the last came twice", "line 1\nline 2\nline 2\n", arrived, 2, 1},
		{"more than was aimed at", "line 1\nline 2\nline 3\n", arrived, 2, 0},
		{"something else", "line 1\nother\n", `the sink's file has "other\n"`, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, err := newLines(filepath.Join(t.TempDir(), "shared"))
			if err != nil {
				t.Fatal(err)
			}
			for range test.wrote {
				l.write()
			}
			if n := l.aim(); n != test.wrote {
				t.Errorf("aims at %d lines, want %d", n, test.wrote)
			}
			if test.sink != "" {
				if err := os.WriteFile(l.to, []byte(test.sink), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := l.about(); got != test.want {
				t.Errorf("it says %q, want %q", got, test.want)
			}
			if strings.Contains(test.want, "file has") {
				return
			}
			if wrote, again := l.twice(); wrote != test.wrote || again != test.again {
				t.Errorf("%d written and %d twice, want %d and %d", wrote, again, test.wrote, test.again)
			}
		})
	}
}
