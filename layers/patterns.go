package layers

import (
	"regexp"
	"strings"
)

// always stays out of a charm: version control, editors' and test runs'
// leavings, charms, the sources of a program that is compiled into the charm, and
// folders at the top that begin with a dot.
// The first group is what Juju's charm build leaves out.
var always = [...]string{
	".bzr", ".git", "**/.ropeproject", "*.pyc", "*~", ".tox", "*.swp", ".pull-source-rev", "*.charm", "build.lock", ".build.manifest",
	"*.go", "go.mod", "go.sum", "go.work", "go.work.sum", "vendor/", "testdata/", "/dispatch/", "/cmd/dispatch/", "/build/", "/Makefile",
	"/.*/", ".gitignore", ".gitattributes", ".DS_Store", "/charmcraft.yaml", "/charmcraft/",
}

// patterns are lines in the syntax of .gitignore. The last one that matches
// decides.
type patterns []pattern

type pattern struct {
	expression *regexp.Regexp
	negated    bool
	folders    bool // only
}

func compilePatterns(lines []string) patterns {
	var all patterns
	for _, line := range lines {
		if p, ok := compilePattern(line); ok {
			all = append(all, p)
		}
	}
	return all
}

func compilePattern(line string) (p pattern, ok bool) {
	line = strings.TrimRight(line, "\r\n")
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if line == "" || line[0] == '#' {
		return p, false
	}
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.folders = strings.CutSuffix(line, "/")
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	var b strings.Builder
	b.WriteString("^")
	if !anchored {
		b.WriteString("(?:.*/)?")
	}
	translate(&b, line)
	b.WriteString("$")
	expression, err := regexp.Compile(b.String())
	if err != nil { // a bracket without its fellow matches nothing in git either
		return p, false
	}
	p.expression = expression
	return p, true
}

// translate writes the pattern as a regular expression.
func translate(b *strings.Builder, line string) {
	for i := 0; i < len(line); i++ {
		rest := line[i:]
		switch {
		case strings.HasPrefix(rest, "**/") && (i == 0 || line[i-1] == '/'):
			b.WriteString("(?:.*/)?")
			i += 2
		case rest == "**" && i > 0 && line[i-1] == '/':
			b.WriteString(".+")
			return
		case line[i] == '*':
			b.WriteString("[^/]*")
		case line[i] == '?':
			b.WriteString("[^/]")
		case line[i] == '[':
			end := i + 2 + strings.Index(rest[min(2, len(rest)):], "]") // a first "]" is a member
			if end < i+2 {
				b.WriteString("[")
				return
			}
			class := strings.ReplaceAll(line[i+1:end], `\`, `\\`)
			if class[0] == '!' {
				class = "^" + class[1:]
			}
			b.WriteString("[" + class + "]")
			i = end
		case line[i] == '\\' && i+1 < len(line):
			i++
			b.WriteString(regexp.QuoteMeta(line[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(line[i : i+1]))
		}
	}
}

// match says whether a path, with slashes and relative to the layer, is meant:
// it, or a folder that it is in.
func (ps patterns) match(path string, isDir bool) bool {
	for i := 0; i < len(path); i++ {
		if path[i] == '/' && ps.one(path[:i], true) {
			return true
		}
	}
	return ps.one(path, isDir)
}

func (ps patterns) one(path string, isDir bool) bool {
	for i := len(ps) - 1; i >= 0; i-- {
		if (isDir || !ps[i].folders) && ps[i].expression.MatchString(path) {
			return !ps[i].negated
		}
	}
	return false
}
