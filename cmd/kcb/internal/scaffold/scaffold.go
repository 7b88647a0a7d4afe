// Package scaffold writes a layer to start from.
package scaffold

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/rogpeppe/go-internal/txtar"
)

// Base is the module of the base layer, and of this command.
const Base = "github.com/connectcharm/kafka-connect-base"

// Options are what is written.
type Options struct {
	// Name is the charm's name.
	Name string
	// Dir is the folder, which must be empty if it is there. By default, Name.
	Dir string
	// Module is the path of the Go module. By default, example.com/NAME.
	Module string
	// Replace is the folder of a checkout of the base layer. By default, Version is used.
	Replace string
	// Version is that of the base layer.
	Version string
}

//go:embed layer.txtar
var archive []byte

// words are what the templates say.
type words struct {
	Name, Title, Package, Module, Alias string
}

var (
	validName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`)
	major     = regexp.MustCompile(`/v[0-9]+$`)
)

// Write writes the layer and gives the paths of its files, the folder's in front.
func Write(ctx context.Context, o Options) ([]string, error) {
	if !validName.MatchString(o.Name) {
		return nil, fmt.Errorf("cannot name a charm %q: a name is of lower-case letters, digits and single hyphens, begins with a letter, and has a letter in each part", o.Name)
	}
	if o.Name == path.Base(Base) {
		return nil, fmt.Errorf("cannot name a charm %q: the layer it stands on is called so", o.Name)
	}
	if o.Dir == "" {
		o.Dir = o.Name
	}
	if o.Module == "" {
		o.Module = "example.com/" + o.Name
	} else if err := checkModule(ctx, o.Module); err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(o.Dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("cannot write a new layer into %s: it is not empty", o.Dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot write a new layer: %w", err)
	}
	base, err := findBase(ctx, o)
	if err != nil {
		return nil, err
	}
	files, err := render(o)
	if err != nil {
		return nil, err
	}
	mod, sum, err := base.modFiles(ctx, o)
	if err != nil {
		return nil, err
	}
	files["go.mod"], files["go.sum"] = mod, sum
	return writeAll(o.Dir, files)
}

func writeAll(dir string, files map[string][]byte) ([]string, error) {
	var paths []string
	for name, text := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, fmt.Errorf("cannot write the new layer: %w", err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return nil, fmt.Errorf("cannot write the new layer: %w", err)
		}
		paths = append(paths, to)
	}
	slices.Sort(paths)
	return paths, nil
}

// render fills in the templates.
func render(o Options) (map[string][]byte, error) {
	w := words{Name: o.Name, Module: o.Module, Package: packageName(o.Name), Title: title(o.Name)}
	if path.Base(major.ReplaceAllString(o.Module, "")) != w.Package {
		w.Alias = w.Package + " "
	}
	files := map[string][]byte{}
	for _, f := range txtar.Parse(archive).Files {
		name, err := fill(f.Name, w)
		if err != nil {
			return nil, err
		}
		text, err := fill(string(f.Data), w)
		if err != nil {
			return nil, err
		}
		files[string(name)] = text
	}
	return files, nil
}

func fill(text string, w words) ([]byte, error) {
	t, err := template.New("layer").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read a template: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, w); err != nil {
		return nil, fmt.Errorf("cannot fill in a template: %w", err)
	}
	return out.Bytes(), nil
}

// packageName is the last word of a charm's name as Go can have it.
func packageName(name string) string {
	words := strings.Split(name, "-")
	word := words[len(words)-1]
	taken := []string{"charm", "charmtest", "context", "flags", "helpers", "hooks", "init", "layer", "main", "reactive", "records", "strings", "t", "testing", "world"}
	if word[0] < 'a' || token.IsKeyword(word) || types.Universe.Lookup(word) != nil || slices.Contains(taken, word) {
		word = strings.Join(words, "") + "layer"
	}
	return word
}

func title(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, " ")
}

// baseModule is the base layer's module, as the go command has it.
type baseModule struct {
	Dir, Version, Sum, GoModSum string
	Error                       string // why it cannot be fetched
}

// findBase finds the base layer, and has the go command fetch it if need be.
func findBase(ctx context.Context, o Options) (baseModule, error) {
	if o.Replace != "" {
		dir, err := filepath.Abs(o.Replace)
		if err != nil {
			return baseModule{}, fmt.Errorf("cannot find the base layer: %w", err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil || !strings.HasPrefix(string(text), "module "+Base+"\n") {
			return baseModule{}, fmt.Errorf("cannot use %s: it is no checkout of %s", o.Replace, Base)
		}
		return baseModule{Dir: dir, Version: "v0.0.0"}, nil
	}
	if o.Version == "" {
		return baseModule{}, fmt.Errorf("cannot tell which version of %s to stand on: this kcb was built from a checkout; give --replace FOLDER or --base-version VERSION", Base)
	}
	var m baseModule
	out, err := runGo(ctx, os.TempDir(), "mod", "download", "-json", Base+"@"+o.Version)
	if wrong := json.Unmarshal(out, &m); err == nil {
		err = wrong
	}
	if m.Error != "" {
		err = errors.New(m.Error)
	}
	if err != nil {
		return m, fmt.Errorf("cannot fetch %s@%s: %w; give --replace FOLDER, a checkout of it, or another --base-version", Base, o.Version, err)
	}
	return m, nil
}

// modFiles are go.mod and go.sum of a module that requires the base layer and
// whatever that requires, in the same versions, so that nothing has to be looked
// up. "go mod tidy" takes away what is too much.
func (m baseModule) modFiles(ctx context.Context, o Options) (mod, sum []byte, err error) {
	out, err := runGo(ctx, m.Dir, "mod", "edit", "-json")
	var file struct {
		Go      string
		Require []struct{ Path, Version string }
	}
	if err == nil {
		err = json.Unmarshal(out, &file)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read what the base layer requires: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n\ngo %s\n\nrequire %s %s\n\ntool %s/cmd/kcb\n", o.Module, file.Go, Base, m.Version, Base)
	if o.Replace != "" {
		fmt.Fprintf(&b, "\nreplace %s => %s\n", Base, m.Dir)
	}
	b.WriteString("\nrequire (\n")
	for _, r := range file.Require {
		fmt.Fprintf(&b, "\t%s %s // indirect\n", r.Path, r.Version)
	}
	b.WriteString(")\n")
	sum, err = os.ReadFile(filepath.Join(m.Dir, "go.sum"))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read what the base layer requires: %w", err)
	}
	if m.Sum != "" {
		lines := strings.Split(strings.TrimSpace(string(sum)), "\n")
		lines = append(lines, fmt.Sprintf("%s %s %s", Base, m.Version, m.Sum), fmt.Sprintf("%s %s/go.mod %s", Base, m.Version, m.GoModSum))
		slices.Sort(lines)
		sum = []byte(strings.Join(lines, "\n") + "\n")
	}
	return []byte(b.String()), sum, nil
}

// checkModule asks the go command whether a module can be called so.
func checkModule(ctx context.Context, module string) error {
	dir, err := os.MkdirTemp("", "kcb-")
	if err != nil {
		return fmt.Errorf("cannot make a folder to work in: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if _, err := runGo(ctx, dir, "mod", "init", module); err != nil {
		return fmt.Errorf("cannot call a Go module %q: %w", module, err)
	}
	return nil
}

// runGo gives what the go command writes, also where it fails.
func runGo(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			err = errors.New(text)
		}
		return out, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out, nil
}
