package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// configPackage has the type Config, of which handlers ask options.
const configPackage = "github.com/connectcharm/kafka-connect-base/helpers/juju"

// ask is a place where an option is asked for by a constant name.
type ask struct {
	option string
	at     token.Position
}

// options checks that the options which handlers ask for are declared: one that is
// not has no value, as one that the operator has not set, so that nobody would see
// the slip. What a layer took away on purpose may be asked for.
func (c *ruleCheck) options(asks []ask) {
	known := keysOf(c.charm.Documents["config.yaml"].Get("options"))
	gone := c.deleted("config")
	for _, a := range asks {
		if slices.Contains(known, a.option) || slices.Contains(gone, a.option) {
			continue
		}
		c.problems = append(c.problems, charmdir.Problem{File: a.at.Filename, Line: a.at.Line, Column: a.at.Column,
			Text: fmt.Sprintf("%q is asked for, but is no option in config.yaml%s", a.option, nearest.Hint(a.option, known))})
	}
}

// goPackage is what go list tells of one.
type goPackage struct {
	ImportPath, Dir, Export string
	GoFiles, Deps           []string
	ImportMap               map[string]string
}

// asked finds what the layers' packages in a program ask of their options. They
// were compiled just now: what they import is taken from Go's build cache.
func (b *builder) asked(ctx context.Context, dirs []string) ([]ask, error) {
	packages, err := b.packages(ctx)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	set := token.NewFileSet()
	var asks []ask
	for _, p := range packages {
		folder := shown(p.Dir, dirs)
		if !slices.Contains(p.Deps, configPackage) || folder == "" {
			continue
		}
		found, err := askedIn(set, p, folder, exports)
		if err != nil {
			return asks, fmt.Errorf("cannot find the options that %s asks for: %w", p.ImportPath, err)
		}
		asks = append(asks, found...)
	}
	return asks, nil
}

func (b *builder) packages(ctx context.Context) (all []goPackage, err error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-export", "-trimpath", "-buildvcs=false", "-json=ImportPath,Dir,Export,GoFiles,Deps,ImportMap", b.Main)
	cmd.Dir, cmd.Env = b.Dir, append(os.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH) // as it was compiled to be asked for its rules
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the packages of the charm's program: %w\n%s", err, strings.TrimSpace(stderr.String()))
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("cannot read what go list says: %w", err)
		}
		all = append(all, p)
	}
}

// shown is how a folder is called as a part of one of those; "" if it is none.
func shown(dir string, folders []string) string {
	for _, folder := range folders {
		if rel, err := filepath.Rel(physical(folder), physical(dir)); err == nil && filepath.IsLocal(rel) {
			return filepath.Join(folder, rel)
		}
	}
	return ""
}

func physical(dir string) string {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	if followed, err := filepath.EvalSymlinks(dir); err == nil {
		dir = followed
	}
	return dir
}

func askedIn(set *token.FileSet, p goPackage, folder string, exports map[string]string) (asks []ask, err error) {
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(set, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) {
		if actual, vendored := p.ImportMap[path]; vendored {
			path = actual
		}
		return os.Open(exports[path])
	})}
	if _, err := config.Check(p.ImportPath, set, files, info); err != nil {
		return nil, err
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if name := optionIn(info, n); name != nil {
				asks = append(asks, ask{constant.StringVal(info.Types[name].Value), set.Position(name.Pos())})
			}
			return true
		})
	}
	return asks, nil
}

// optionIn gives the constant name in config.String("name") and config["name"];
// nil where a node is neither.
func optionIn(info *types.Info, n ast.Node) (name ast.Expr) {
	var of ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if method, is := n.Fun.(*ast.SelectorExpr); is && len(n.Args) == 1 {
			of, name = method.X, n.Args[0]
		}
	case *ast.IndexExpr:
		of, name = n.X, n.Index
	}
	if of == nil {
		return nil
	}
	named, is := types.Unalias(info.Types[of].Type).(*types.Named)
	if !is || named.Obj().Name() != "Config" || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != configPackage {
		return nil
	}
	if value := info.Types[name].Value; value == nil || value.Kind() != constant.String {
		return nil
	}
	return name
}
