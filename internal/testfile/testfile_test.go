package testfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// heard is a test that keeps what is wrong to itself.
type heard struct {
	testing.TB
	said string
}

func (h *heard) Errorf(format string, args ...any) { h.said += fmt.Sprintf(format, args...) }

// What differs fails the test, and what does not is as it was.
func TestDifference(t *testing.T) {
	t.Parallel()
	if testfile.Update() {
		t.Skip("-update writes golden files and compares nothing")
	}
	file := filepath.Join(t.TempDir(), "in", "a", "folder")
	testfile.Write(t, file, "one\n-- want --\ntwo\n")
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for got, compare := range map[string]func(testing.TB, string){
		"one\n-- want --\ntwo\n": func(tb testing.TB, got string) { testfile.Golden(tb, file, got) },
		"two\n":                  func(tb testing.TB, got string) { testfile.Want(tb, file, archive, got) },
	} {
		same, other := &heard{TB: t}, &heard{TB: t}
		compare(same, got)
		compare(other, got+"more")
		if same.said != "" || !strings.Contains(other.said, file) || !strings.Contains(other.said, "more") {
			t.Errorf("the same is told as %q, another as %q", same.said, other.said)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "one\n-- want --\ntwo\n" {
		t.Errorf("the file holds %q: %v", text, err)
	}
}
