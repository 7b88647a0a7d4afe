package main

// The folder of connectors that the benchmark attaches.

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// manyAttached is how many connectors are in it.
const manyAttached = 100

// attachMany attaches it to the application. The hooks that follow make the
// connectors, and all later ones find nothing to do.
func attachMany() step {
	return quiet("", func(s *stage) error {
		var out bytes.Buffer
		archive := tar.NewWriter(&out)
		for i := range manyAttached {
			text := fmt.Sprintf("{'connector.class': 'FileStreamSink', topics: 'lines', file: '/dev/null', 'tasks.max': %d}", i%3+1)
			header := &tar.Header{Name: fmt.Sprintf("connectors/prod/c%03d.jsonnet", i), Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
			if err := archive.WriteHeader(header); err != nil {
				return err
			}
			if _, err := archive.Write([]byte(text)); err != nil {
				return err
			}
		}
		path := filepath.Join(s.dir, "connectors.tgz")
		err := archive.Close()
		return errors.Join(err, os.WriteFile(path, out.Bytes(), 0o600), s.AttachResource(app, "connectors", path))
	})
}
