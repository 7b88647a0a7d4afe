package hooks

// What the snapshot takes from the charm's own files: option defaults and the
// version.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// hasDefault reports whether an option has the default of config.yaml: an
// option without a default has it when it has no value.
func hasDefault(ctx context.Context, unit *juju.Unit, option string) (bool, error) {
	config, err := unit.Config(ctx)
	if err != nil {
		return false, err
	}
	defaults, err := readDefaults(filepath.Join(unit.Env().CharmDir, "config.yaml"))
	if err != nil {
		return false, err
	}
	return sameValue(config[option], defaults[option]), nil
}

// readDefaults is for one option at a time: it is rare that a rule asks at all.
func readDefaults(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the options' defaults: %w", err)
	}
	var file struct {
		Options map[string]struct {
			Default any `yaml:"default"`
		} `yaml:"options"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("cannot read the options' defaults in %s: %w", path, err)
	}
	defaults := map[string]any{}
	for name, option := range file.Options {
		defaults[name] = option.Default
	}
	return defaults, nil
}

// sameValue compares what config-get gives with what YAML gives: 1 and 1.0 are
// one number, and a number is never a text.
func sameValue(a, b any) bool {
	x, xIsNumber := number(a)
	y, yIsNumber := number(b)
	if xIsNumber || yIsNumber {
		return xIsNumber && yIsNumber && x == y
	}
	if a == "" { // Juju does not keep an empty string apart from no value
		a = nil
	}
	if b == "" {
		b = nil
	}
	return a == b
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// charmVersion tells one release of the charm from the next: as told; or what
// the charm's files say, of which Juju writes .juju-charm, with the charm's URL
// and revision, at each upgrade; or else the commit the binary was built from.
func charmVersion(told, charmDir string) string {
	if told != "" {
		return told
	}
	var parts []string
	for _, name := range []string{".juju-charm", "revision", "version"} {
		text, err := os.ReadFile(filepath.Join(charmDir, name))
		if err == nil {
			parts = append(parts, strings.TrimSpace(string(text)))
		}
	}
	if len(parts) > 0 {
		return strings.Join(parts, " ")
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}
