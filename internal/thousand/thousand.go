// Package thousand writes a folder of many connectors that share a library,
// for benchmarks and tests: large enough that what costs per file shows.
package thousand

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Options say what the folder is like. The zero value gives a thousand.
type Options struct {
	// Connectors is how many there are, one in a file. By default, 1000.
	Connectors int
	// Changed is how many of them, the first ones, have another value than
	// in the folder that is written with 0.
	Changed int
	// Environment is the folder under connectors/. By default, "prod".
	Environment string
	// Class is the connectors' class. By default, Kafka's own file source,
	// which every distribution has.
	Class string
}

// functions is how many the library has, as many as grow in one over years,
// and every how many-th a connector of this class uses.
const functions, used = 60, 4

// Write writes the folder: connectors/defaults.libsonnet, and the files
// connectors/<environment>/<team>/<name>.jsonnet. What it finds there it
// writes over, so a second call changes a folder.
func Write(folder string, o Options) error {
	if o.Connectors == 0 {
		o.Connectors = 1000
	}
	if o.Environment == "" {
		o.Environment = "prod"
	}
	if o.Class == "" {
		o.Class = "org.apache.kafka.connect.file.FileStreamSourceConnector"
	}
	root := filepath.Join(folder, "connectors")
	if err := write(filepath.Join(root, "defaults.libsonnet"), library(o.Class)); err != nil {
		return err
	}
	for i := range o.Connectors {
		file := filepath.Join(root, o.Environment, fmt.Sprintf("team-%02d", i%20), Name(i)+".jsonnet")
		if err := write(file, connector(i, i < o.Changed)); err != nil {
			return err
		}
	}
	return nil
}

// Name is the name of a connector, counted from 0.
func Name(i int) string { return fmt.Sprintf("orders-%04d", i) }

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// connector is a file of a few lines, as the library is made for.
func connector(i int, changed bool) string {
	batch := 500
	if changed {
		batch = 501
	}
	return fmt.Sprintf(`local defaults = import '../../defaults.libsonnet';

defaults.connector('%s', 'Team-%02d', %d) {
  'batch.size': %d,
}
`, Name(i), i%20, i, batch)
}

// library is a file of functions that format, join and comprehend in turn, of
// which connectors use some.
func library(class string) string {
	var b strings.Builder
	b.WriteString("{\n")
	for i := range functions {
		fmt.Fprintf(&b, "  part%02d(name, team, i):: {\n", i)
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "    'x.format-%02d': std.format('%%s/%%s/%%03d', [std.asciiLower(team), name, i %% %d]),\n", i, i+7)
		case 1:
			fmt.Fprintf(&b, "    'x.join-%02d': std.join(',', [std.asciiLower(team) + '.' + n for n in std.range(i, i + 2)]),\n", i)
		case 2:
			fmt.Fprintf(&b, "    ['x.' + key + '-%02d']: std.asciiLower(team) + '/' + name\n    for key in ['prefix', 'path']\n", i)
		}
		b.WriteString("  },\n")
	}
	fmt.Fprintf(&b, `
  connector(name, team, i):: {
    name: name,
    'connector.class': '%s',
    'tasks.max': 1,
    file: '/dev/null',
    topic: std.asciiLower(team) + '.' + name,
  }`, class)
	for i := 0; i < functions; i += used {
		fmt.Fprintf(&b, "\n  + $.part%02d(name, team, i)", i)
	}
	b.WriteString(",\n}\n")
	return b.String()
}
