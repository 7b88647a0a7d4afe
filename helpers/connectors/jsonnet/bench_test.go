package jsonnet_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
	"github.com/connectcharm/kafka-connect-base/internal/thousand"
)

// BenchmarkThousand evaluates a thousand files that share a library: anew, and
// when nothing changed since the last time.
func BenchmarkThousand(b *testing.B) {
	folder := b.TempDir()
	if err := thousand.Write(folder, thousand.Options{}); err != nil {
		b.Fatal(err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	var files []string
	err = fs.WalkDir(root.FS(), "connectors", func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".jsonnet") {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	evaluate := func(b *testing.B, e jsonnet.Evaluator) {
		results, err := e.Evaluate(b.Context(), files)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			evaluate(b, jsonnet.Evaluator{Root: root})
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		e := jsonnet.Evaluator{Root: root, CacheFile: filepath.Join(b.TempDir(), "cache")}
		evaluate(b, e)
		for b.Loop() {
			evaluate(b, e)
		}
	})
}
