package main

// The folder of connectors that the benchmark attaches.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// manyAttached is how many connectors are in it.
const manyAttached = 100

// attachMany attaches it to the application. The hooks that follow make the
// connectors, and all later ones find nothing to do.
func attachMany() step {
	return quiet("", func(s *stage) error {
		files := map[string]string{}
		for i := range manyAttached {
			files[fmt.Sprintf("connectors/prod/c%03d.jsonnet", i)] = fmt.Sprintf(
				"{'connector.class': 'FileStreamSink', topics: 'lines', file: '/dev/null', 'tasks.max': %d}", i%3+1)
		}
		path := filepath.Join(s.dir, "connectors.tgz")
		content, err := world.Pack(files)
		return errors.Join(err, os.WriteFile(path, content, 0o600), s.AttachResource(app, "connectors", path))
	})
}
