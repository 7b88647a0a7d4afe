package jsonnet

import (
	"fmt"
	"slices"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"
	"github.com/google/go-jsonnet/toolutils"
)

// uses are what a file's result can depend on besides its own text.
type uses struct {
	// Files are the hashes of the file itself and of everything it imports,
	// directly or not; "" stands for one that cannot be read.
	Files map[string]string
	// Variables are the external variables it and its imports name.
	Variables []string
	// All says that a variable's name may be computed: it depends on all.
	All bool
}

// A tracker finds uses in syntax trees. Both imports and, in a file that does
// nothing unusual with std, external variables are named by literals, so what
// is found is never too little. It is kept for as long as the VM whose cache
// it shares.
type tracker struct {
	vm     *jsonnet.VM
	jail   *jail
	direct map[string]mentions // by file; imported ones only
}

// mentions are what one syntax tree names.
type mentions struct {
	code, data []string // as they are written
	variables  []string
	all        bool
}

// uses gives what a file depends on. It is an error if something it imports
// nests too deeply to be parsed.
func (t *tracker) uses(file string, node ast.Node) (uses, error) {
	u := uses{Files: map[string]string{file: t.jail.read(file).hash}}
	err := t.follow(file, mentioned(node), &u, map[string]bool{file: true})
	slices.Sort(u.Variables)
	u.Variables = slices.Compact(u.Variables)
	return u, err
}

// follow adds to uses what a file mentions, and what its imports do. Seen are
// the files that were followed already.
func (t *tracker) follow(file string, m mentions, u *uses, seen map[string]bool) error {
	u.Variables = append(u.Variables, m.variables...)
	u.All = u.All || m.all
	for _, imported := range m.data {
		if at, err := resolve(file, imported); err == nil {
			u.Files[at] = t.jail.read(at).hash
		}
	}
	for _, imported := range m.code {
		at, err := resolve(file, imported)
		if err != nil || seen[at] {
			continue // an error is said where it is evaluated, if it ever is
		}
		seen[at] = true
		s := t.jail.read(at)
		u.Files[at] = s.hash
		if s.err != nil {
			continue
		}
		next, err := t.mentions(file, imported, at, s)
		if err == nil {
			err = t.follow(at, next, u, seen)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mentions gives what an imported file names, and nothing if it does not
// parse.
func (t *tracker) mentions(from, imported, at string, s source) (mentions, error) {
	if m, known := t.direct[at]; known {
		return m, nil
	}
	if line := nesting(s.contents.Data(), t.jail.limits.Nesting); line > 0 {
		return mentions{}, fmt.Errorf("cannot import %q: %s:%d nests brackets more than %d deep", imported, at, line, t.jail.limits.Nesting)
	}
	var m mentions
	if node, _, err := t.vm.ImportAST(from, imported); err == nil {
		m = mentioned(node)
	}
	t.direct[at] = m
	return m, nil
}

// mentioned walks a syntax tree.
func mentioned(node ast.Node) mentions {
	var m mentions
	m.walk(node)
	return m
}

func (m *mentions) walk(node ast.Node) {
	switch node := node.(type) {
	case nil:
		return
	case *ast.Import:
		m.code = append(m.code, node.File.Value)
		return
	case *ast.ImportStr:
		m.data = append(m.data, node.File.Value)
		return
	case *ast.ImportBin:
		m.data = append(m.data, node.File.Value)
		return
	case *ast.Var:
		m.all = m.all || node.Id == "std" // std goes somewhere, as a value
		return
	case *ast.Apply:
		if member(node.Target) == "extVar" {
			m.variable(node.Arguments)
			return
		}
	case *ast.Index:
		switch member(node) {
		case "":
		case "extVar": // the function goes somewhere, as a value
			m.all = true
			return
		default:
			return
		}
	case *ast.DesugaredObject:
		for _, assert := range node.Asserts { // no children, for the library
			m.walk(assert)
		}
	}
	for _, child := range toolutils.Children(node) {
		m.walk(child)
	}
}

// member gives "x" for the expression std.x, and "" for every other.
func member(node ast.Node) string {
	index, isIndex := node.(*ast.Index)
	if !isIndex {
		return ""
	}
	if std, isVar := index.Target.(*ast.Var); !isVar || std.Id != "std" {
		return ""
	}
	if name, literal := index.Index.(*ast.LiteralString); literal {
		return name.Value
	}
	return ""
}

// variable takes the name out of the arguments of std.extVar.
func (m *mentions) variable(arguments ast.Arguments) {
	if len(arguments.Positional) == 1 && len(arguments.Named) == 0 {
		if name, literal := arguments.Positional[0].Expr.(*ast.LiteralString); literal {
			m.variables = append(m.variables, name.Value)
			return
		}
	}
	m.all = true
	for _, argument := range arguments.Positional {
		m.walk(argument.Expr)
	}
	for _, argument := range arguments.Named {
		m.walk(argument.Arg)
	}
}
