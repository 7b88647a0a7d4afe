// Package charmcraft packs the examples by charmcraft itself, from the charmcraft.yaml that each of them has, and holds
// the result against what kcb builds.
//
// Charmcraft is installed from PyPI, all of it in pinned versions, beside Debian's python3-apt, which no index has.
// It packs on the machine itself (--destructive-mode), which has to be of the charm's base: for charmcraft alone, in a
// mount namespace, this machine says that it is Ubuntu 24.04. What is built needs nothing of a base.
package charmcraft

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

//go:embed requirements.txt
var requirements []byte

// osRelease is what charmcraft reads to know the base.
const osRelease = `NAME="Ubuntu"
ID=ubuntu
ID_LIKE=debian
VERSION_ID="24.04"
VERSION_CODENAME=noble
PRETTY_NAME="Ubuntu 24.04 LTS"
`

// TestPack packs both examples by charmcraft and by kcb.
func TestPack(t *testing.T) {
	program := install(t)
	checkout := clone(t)
	for _, name := range []string{"kafka-connect-file", "kafka-connect-mongodb"} {
		t.Run(name, func(t *testing.T) {
			ours := filepath.Join(t.TempDir(), name+"_amd64.charm")
			run(t, checkout, nil, "go", "run", "./cmd/kcb", "build", "examples/"+name, "--arch", "amd64", "--out", filepath.Dir(ours))
			theirs := pack(t, program, checkout, name)
			compare(t, content(t, theirs), content(t, ours))
			for _, charm := range []string{ours, theirs} {
				analyse(t, program, charm)
				accepted(t, charm)
			}
		})
	}
}

// install gives charmcraft, from a cache that stands until the requirements change.
func install(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "kafka-connect-base", "charmcraft")
	program, installed := filepath.Join(dir, "bin", "charmcraft"), filepath.Join(dir, "installed.txt")
	if text, err := os.ReadFile(installed); err == nil && bytes.Equal(text, requirements) {
		return program
	}
	begun := time.Now()
	apt, err := filepath.Glob("/usr/lib/python3/dist-packages/apt*")
	if err != nil || len(apt) == 0 {
		t.Fatal("there is no python3-apt: on Debian and Ubuntu, apt-get install -y python3-apt python3-venv unzip")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	run(t, "", nil, "/usr/bin/python3", "-m", "venv", dir)
	list := filepath.Join(t.TempDir(), "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "", nil, filepath.Join(dir, "bin", "pip"), "install", "--quiet", "--no-deps", "--disable-pip-version-check", "-r", list)
	packages, err := filepath.Glob(filepath.Join(dir, "lib", "python3.*", "site-packages"))
	if err != nil || len(packages) != 1 {
		t.Fatalf("the virtual environment has %q", packages)
	}
	for _, part := range apt { // and not all of the machine's packages, of which some are too old
		if err := os.Symlink(part, filepath.Join(packages[0], filepath.Base(part))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(installed, requirements, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("installed charmcraft in %v", time.Since(begun).Round(time.Second))
	return program
}

// clone gives what is committed here, as charmcraft clones it too.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "checkout")
	run(t, "", nil, "git", "-c", "safe.directory=*", "clone", "--quiet", "../..", dir) // whoever owns it
	return dir
}

// source is the line of charmcraft.yaml that names the repository.
var source = regexp.MustCompile(`(?m)^    source: https://\S+\.git$`)

// pack runs charmcraft on an example's charmcraft.yaml, with the checkout for its source.
func pack(t *testing.T, program, checkout, example string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout, "examples", example, "charmcraft", "charmcraft.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(source.FindAll(text, -1)); n != 1 {
		t.Fatalf("charmcraft.yaml names %d sources", n)
	}
	dir, release := t.TempDir(), filepath.Join(t.TempDir(), "os-release")
	for path, text := range map[string][]byte{
		filepath.Join(dir, "charmcraft.yaml"): source.ReplaceAll(text, []byte("    source: file://"+checkout)),
		release:                               []byte(osRelease),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := `mount --bind "$1" /etc/os-release && mount --bind "$1" /usr/lib/os-release && exec "$2" pack --destructive-mode`
	run(t, dir, environment(t), "unshare", "--mount", "sh", "-c", script, "sh", release, program)
	return filepath.Join(dir, example+"_amd64.charm")
}

// environment keeps what charmcraft writes about itself inside of the test. Snaps it only asks for in a container, and
// there is Go here.
func environment(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	cache, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	caches := strings.Fields(string(cache))
	return append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_RUNTIME_DIR="+home, "GOCACHE="+caches[0], "GOMODCACHE="+caches[1])
}

// content gives the files of a charm.
func content(t *testing.T, charm string) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(charm)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	all := map[string]string{}
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name] = fmt.Sprintf("%v\n", entry.Mode()&0o111 != 0) + string(text)
	}
	return all
}

// compare holds charmcraft's charm against ours: the same files with the same bytes, but for those that charmcraft
// writes itself, which say the same. Its manifest has its own base alone, and tags are not in its words.
func compare(t *testing.T, theirs, ours map[string]string) {
	t.Helper()
	if got, want := slices.Sorted(maps.Keys(theirs)), slices.Sorted(maps.Keys(ours)); !slices.Equal(got, want) {
		t.Errorf("charmcraft's charm has the files %q; want %q", got, want)
	}
	for name, want := range ours {
		got := theirs[name]
		switch name {
		case "manifest.yaml":
			if want := []any{map[string]any{"name": "ubuntu", "channel": "24.04", "architectures": []any{"amd64"}}}; !reflect.DeepEqual(document(t, got)["bases"], want) {
				t.Errorf("charmcraft's manifest is\n%s", got)
			}
		case "metadata.yaml", "config.yaml", "actions.yaml":
			one, two := document(t, got), document(t, want)
			delete(two, "tags")
			if !reflect.DeepEqual(one, two) {
				t.Errorf("charmcraft's %s is\n%s\nwant\n%s", name, got, want)
			}
		default:
			if got != want {
				t.Errorf("%s differs: %d bytes, want %d", name, len(got), len(want))
			}
		}
	}
}

func document(t *testing.T, text string) map[string]any {
	t.Helper()
	_, text, _ = strings.Cut(text, "\n") // whether it is executable
	var all map[string]any
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// analyse has charmcraft's linters look at a charm.
func analyse(t *testing.T, program, charm string) {
	t.Helper()
	text := run(t, "", environment(t), program, "analyse", charm)
	for _, linter := range []string{"juju-actions", "juju-config", "metadata", "naming-conventions"} {
		if !strings.Contains(text, linter+": [OK]") {
			t.Errorf("charmcraft's %s does not like %s:\n%s", linter, filepath.Base(charm), text)
		}
	}
}

// accepted says whether Juju's own code can read the charm, and it can run.
func accepted(t *testing.T, charm string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "charm")
	if err := charmdir.Unpack(charm, dir); err != nil {
		t.Fatal(err)
	}
	c, err := charmdir.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Runnable(); err != nil {
		t.Error(err)
	}
}

// run gives what a program says, and fails the test where it fails.
func run(t *testing.T, dir string, environ []string, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Dir, c.Env = dir, environ
	text, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, text)
	}
	return string(text)
}
