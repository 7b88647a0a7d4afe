package thousand_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/internal/thousand"
)

// texts are the files of a folder.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(os.DirFS(dir), name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := thousand.Write(dir, thousand.Options{Connectors: 30}); err != nil {
		t.Fatal(err)
	}
	before := texts(t, dir)
	if len(before) != 31 || !strings.Contains(before["connectors/prod/team-00/orders-0020.jsonnet"], thousand.Name(20)) {
		t.Errorf("there are %d files; want 30 and a library", len(before))
	}
	if err := thousand.Write(dir, thousand.Options{Connectors: 30, Changed: 4}); err != nil {
		t.Fatal(err)
	}
	changed := 0
	for name, text := range texts(t, dir) {
		if before[name] != text {
			changed++
		}
	}
	if changed != 4 {
		t.Errorf("%d files changed; want 4", changed)
	}
}
