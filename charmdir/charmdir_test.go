package charmdir_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// write makes a charm's folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if name == "dispatch" {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func good() map[string]string {
	return map[string]string{
		"metadata.yaml": `name: c
summary: s
description: d
requires: {db: {interface: pgsql, limit: 1}}
provides: {site: {interface: http, optional: true}}
peers: {cluster: {interface: c-peers}}
resources: {jar: {type: file, filename: plugin.jar, description: r}}
`,
		"config.yaml":   "options:\n  port: {type: int, default: 8083}\n  name: {type: string}\n  debug: {type: boolean, default: false}\n  key: {type: secret}\n",
		"actions.yaml":  "scale:\n  description: a\n  params: {to: {type: integer, minimum: 1, default: 2}, why: {type: string}}\n  required: [why]\n  additionalProperties: false\n",
		"manifest.yaml": "bases:\n- {name: ubuntu, channel: '24.04', architectures: [amd64]}\n",
		"dispatch":      "#!/bin/sh\n",
		"lib/data":      "1",
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := write(t, good())
	archive := filepath.Join(t.TempDir(), "c.charm")
	if err := charmdir.Pack(dir, archive); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, archive} {
		c, err := charmdir.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]charmdir.Endpoint{
			"db":      {Name: "db", Role: charmdir.Requirer, Interface: "pgsql", Limit: 1},
			"site":    {Name: "site", Role: charmdir.Provider, Interface: "http", Optional: true},
			"cluster": {Name: "cluster", Role: charmdir.Peer, Interface: "c-peers"},
		}
		if diff := cmp.Diff(want, c.Endpoints); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"port": int64(8083), "name": nil, "debug": false, "key": nil}, c.Defaults()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]charmdir.Base{{Name: "ubuntu", Channel: "24.04/stable", Architectures: []string{"amd64"}}}, c.Bases); diff != "" {
			t.Error(diff)
		}
		if c.Resources["jar"].Path != "plugin.jar" || c.Actions["scale"].Description != "a" || c.Name != "c" {
			t.Errorf("%+v", c)
		}
		if !slices.Contains(c.Hooks(), "db-relation-broken") || !slices.Contains(c.Hooks(), "install") {
			t.Errorf("hooks %v", c.Hooks())
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"no metadata":       {"metadata.yaml", "", "metadata"},
		"empty config":      {"config.yaml", "", "empty configuration"},
		"type":              {"config.yaml", "options: {a: {type: list}}", `option "a" has unknown type "list"`},
		"default":           {"config.yaml", "options: {a: {type: int, default: x}}", `invalid config default: option "a" expected int, got "x"`},
		"action name":       {"actions.yaml", "Up: {description: a}", "bad action name Up"},
		"no bases":          {"manifest.yaml", "bases: []", "bases"},
		"reserved endpoint": {"metadata.yaml", "name: c\nsummary: s\ndescription: d\nrequires: {juju-info: {interface: x}}", "reserved"},
	} {
		files := good()
		files[c.file] = c.text
		_, err := charmdir.Read(write(t, files))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "cannot read charm ") {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	c, err := charmdir.Read(write(t, good()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Validate(map[string]any{"port": "9", "name": "n", "debug": true, "key": "secret:9m4e2mr0ui3e8a215n4g"})
	want := map[string]any{"port": int64(9), "name": "n", "debug": true, "key": "secret:9m4e2mr0ui3e8a215n4g"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for want, settings := range map[string]map[string]any{
		`unknown option "x"`:                      {"x": 1},
		`option "port" expected int, got "a"`:     {"port": "a"},
		`option "name" expected string, got 3`:    {"name": 3},
		`option "debug" expected boolean, got 12`: {"debug": 12},
		`option "key" expected secret`:            {"key": "not-a-secret"},
	} {
		if _, err := c.Validate(settings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q, got %v", settings, want, err)
		}
	}
}

func TestValidateAction(t *testing.T) {
	t.Parallel()
	c, err := charmdir.Read(write(t, good()))
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]any{"why": "load"}
	got, err := c.ValidateAction("scale", given)
	if err != nil || fmt.Sprintf("%v %v %d", got["to"], got["why"], len(given)) != "2 load 1" {
		t.Errorf("%v %v: defaults come in, and what was given stays as it was: %v", got, err, given)
	}
	for want, call := range map[string]struct {
		name   string
		params map[string]any
	}{
		`action "grow" not defined`:              {"grow", nil},
		`"why" property is missing and required`: {"scale", map[string]any{}},
		"to : must be of type integer":           {"scale", map[string]any{"why": "x", "to": "y"}},
		"additional property":                    {"scale", map[string]any{"why": "x", "no": "y"}},
	} {
		if _, err := c.ValidateAction(call.name, call.params); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q, got %v", call, want, err)
		}
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	files := good()
	files[".jujuignore"] = "notes\n"
	files["notes"] = "x"
	dir, out := write(t, files), t.TempDir()
	one, two := filepath.Join(out, "one.charm"), filepath.Join(out, "two.charm")
	for _, path := range []string{one, two} {
		if err := charmdir.Pack(dir, path); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := os.ReadFile(one)
	if b, _ := os.ReadFile(two); !bytes.Equal(a, b) || len(a) == 0 {
		t.Error("the same charm gives other bytes")
	}
	r, err := zip.OpenReader(one)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for _, f := range r.File {
		names = append(names, fmt.Sprintf("%s %v", f.Name, f.Mode().Perm()&0o111 != 0))
		if f.Modified.UTC().Year() != 1980 { // Python's zipfile, so charmcraft, takes no earlier ones
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
	}
	for want, in := range map[string]bool{"dispatch true": true, "lib/data false": true, "notes false": false} {
		if slices.Contains(names, want) != in {
			t.Errorf("%q in the archive: want %v of %v", want, in, names)
		}
	}
	to := filepath.Join(out, "unpacked")
	if err := charmdir.Unpack(one, to); err != nil {
		t.Fatal(err)
	}
	if c, err := charmdir.Read(to); err != nil || c.Runnable() != nil {
		t.Error(err)
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	files := good()
	delete(files, "dispatch")
	dir, out := write(t, files), filepath.Join(t.TempDir(), "c.charm")
	err := charmdir.Pack(dir, out)
	if err == nil || !strings.Contains(err.Error(), `invalid charm "c": has no hooks nor dispatch file`) {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dispatch"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := charmdir.Pack(dir, out); err == nil || !strings.Contains(err.Error(), "dispatch is not an executable file") {
		t.Error(err)
	}
	if err := os.Chmod(filepath.Join(dir, "dispatch"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := charmdir.Pack(dir, out); err == nil {
		t.Error("a link out of the charm was packed")
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("half an archive was left: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}
