package jsonnet_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// folder makes one of files, and gives it as a root.
func folder(t testing.TB, files map[string]string) *os.Root {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "folder")
	for name, text := range files {
		testfile.Write(t, filepath.Join(dir, name), text)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// evaluate gives the results of files that are evaluated together.
func evaluate(t testing.TB, e jsonnet.Evaluator, files ...string) []jsonnet.Result {
	t.Helper()
	results, err := e.Evaluate(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func compact(output []byte) string { return strings.Join(strings.Fields(string(output)), "") }

func TestEvaluate(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{
		"connectors/defaults.libsonnet":    "{a: 1, text: importstr 'text.txt', bytes: importbin 'text.txt'}",
		"connectors/text.txt":              "[[",
		"connectors/prod/a.jsonnet":        "(import '../defaults.libsonnet') + {b: std.extVar('region')}",
		"connectors/prod/deep/b.jsonnet":   "{c: (import '../../defaults.libsonnet').a + std.extVar('limits').max, file: std.thisFile}",
		"connectors/prod/function.jsonnet": "function() {d: true}",
	})
	e := jsonnet.Evaluator{Root: root, Variables: map[string]jsonnet.Variable{
		"region": {Text: "eu"},
		"limits": {Text: `{"max": 41}`, Code: true},
		"unused": {Text: "x", Secret: true},
	}}
	results := evaluate(t, e, "connectors/prod/a.jsonnet", "connectors/prod/deep/b.jsonnet", "connectors/prod/function.jsonnet")
	for i, want := range []string{
		`{"a":1,"b":"eu","bytes":[91,91],"text":"[["}`,
		`{"c":42,"file":"connectors/prod/deep/b.jsonnet"}`,
		`{"d":true}`,
	} {
		if got := compact(results[i].Output); results[i].Err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", results[i].File, got, results[i].Err, want)
		}
	}
}

// What is wrong with a file is said with the place in that file.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"syntax", "{\n  a: 1\n  b: 2\n}", "x.jsonnet:3:3: Expected a comma before next field"},
		{"unknown variable", "{\n  a: b\n}", "x.jsonnet:2:6: Unknown variable: b"},
		{"runtime", "{\n  a: error 'no topic',\n}", "x.jsonnet:2:6: no topic"},
		{"in a library", "local lib = import 'lib.libsonnet';\n{\n  a: lib.topic(3),\n}", "x.jsonnet:3:6: Unexpected type number"},
		{"external variable", "{\n  a: std.extVar('rigion'),\n}", "x.jsonnet:2:6: Undefined external variable: rigion"},
		{"native function", "std.native('x')(1)", "x.jsonnet:1:1: "},
		{"missing import", "import 'nothing.libsonnet'", `x.jsonnet:1:1: cannot import "nothing.libsonnet": there is no such file`},
		{"wrong library", "{a: (import 'wrong.libsonnet').x}", "x.jsonnet:1:6: wrong.libsonnet:1:2"},
		{"function", "function(x) x", "x.jsonnet"},
		{"not UTF-8", "{a: '\xff'}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := folder(t, map[string]string{
				"x.jsonnet":       test.text,
				"lib.libsonnet":   "{ topic(name):: std.asciiLower(name) }",
				"wrong.libsonnet": "{,}",
			})
			r := evaluate(t, jsonnet.Evaluator{Root: root}, "x.jsonnet")[0]
			if test.want == "" {
				if r.Err != nil {
					t.Error(r.Err)
				}
				return
			}
			if r.Err == nil || !strings.HasPrefix(r.Err.Error(), test.want) {
				t.Errorf("the error is %v; want %s…", r.Err, test.want)
			}
		})
	}
}

func TestErrorParts(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{
		"x.jsonnet":     "local lib = import 'lib.libsonnet';\n{\n  a: lib.topic(3),\n  b: std.extVar('rigion'),\n}",
		"y.jsonnet":     "{b: std.extVar('rigion')}",
		"lib.libsonnet": "{\n  topic(name):: std.asciiLower(name),\n}",
	})
	results := evaluate(t, jsonnet.Evaluator{Root: root}, "x.jsonnet", "y.jsonnet")
	stack := results[0].Err.Stack
	if len(stack) < 2 || stack[0].File != "lib.libsonnet" || stack[0].Line != 2 || stack[len(stack)-1].File != "x.jsonnet" {
		t.Errorf("the stack is %v; want it to lead from lib.libsonnet:2 to x.jsonnet", stack)
	}
	if err := results[1].Err; err.Variable != "rigion" || len(err.Stack) != 0 {
		t.Errorf("the error is %+v; want it to name the variable, without a stack", err)
	}
}

// Every file here would end the process that evaluates it, take it for ever,
// or read what is not the folder's. Each is told from the good ones, by name.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"abs":           {"importstr '/etc/hostname'", "an absolute path leaves the folder"},
		"abscode":       {"import '/etc/passwd'", "an absolute path leaves the folder"},
		"dotdot":        {"importstr '../../../etc/hostname'", "it leaves the folder"},
		"dotdot2":       {"importstr 'lib/../../outside.txt'", "it leaves the folder"},
		"symlink":       {"importstr 'lib/link'", "it leaves the folder by a symbolic link"},
		"fifo":          {"importstr 'lib/fifo'", "it is not a regular file"},
		"device":        {"importbin 'lib/zero'", "it leaves the folder by a symbolic link"},
		"directory":     {"importstr 'lib'", "it is not a regular file"},
		"large":         {"importstr 'lib/large'", "it has 2097152 bytes; at most 1048576 are read"},
		"self":          {"import 'self.jsonnet'", "max stack frames exceeded"},
		"recursion":     {"local f(x) = 1 + f(x+1); f(0)", "max stack frames exceeded"},
		"tailloop":      {"local f(x) = f(x+1) tailstrict; f(0)", "was ended"},
		"deepmanifest":  {"local f(n) = {a: f(n+1)}; f(0)", "max stack frames exceeded"},
		"deeparray":     {"local f(n) = [f(n+1)]; f(0)", "max stack frames exceeded"},
		"repeat":        {"std.repeat('x', 2000000000)", "was ended"},
		"makearray":     {"std.length(std.makeArray(1000000000, function(i) i))", "was ended"},
		"range":         {"std.length(std.range(1, 1000000000))", "was ended"},
		"doubling":      {"std.length(std.foldl(function(s, i) s + s, std.range(1, 40), 'xxxxxxxx'))", "was ended"},
		"laughs":        {"local a=['x','x','x','x','x','x','x','x','x','x'],b=[a,a,a,a,a,a,a,a,a,a],c=[b,b,b,b,b,b,b,b,b,b],d=[c,c,c,c,c,c,c,c,c,c],e=[d,d,d,d,d,d,d,d,d,d],f=[e,e,e,e,e,e,e,e,e,e],g=[f,f,f,f,f,f,f,f,f,f],h=[g,g,g,g,g,g,g,g,g,g]; h", "was ended"},
		"format":        {"'%1000000000d' % 1", "max stack frames exceeded"},
		"nested":        {strings.Repeat("[", 100000) + strings.Repeat("]", 100000), "brackets nest more than 200 deep"},
		"nestedopen":    {strings.Repeat("[", 500000), "brackets nest more than 200 deep"},
		"nestedlib":     {"import 'lib/nested.libsonnet'", "lib/nested.libsonnet:1 nests brackets more than 200 deep"},
		"unary":         {strings.Repeat("!", 900000) + "true", "was ended"},
		"sha":           {"local f(a, n) = std.foldl(function(a, i) if n == 0 then std.sha512(a) else f(a, n - 1), std.range(1, 1000), a); f('', 2)", "used more than 1s of processor time"},
		"parsejson":     {"std.parseJson(std.repeat('[', 5000000))", ""},
		"parsejsondeep": {"std.parseJson(std.repeat('[', 5000000)+std.repeat(']', 5000000))", ""},
		"extvar":        {"std.extVar('HOME')", "Undefined external variable: HOME"},
		"native":        {"std.native('x')(1)", ""},
		"output":        {"{a: importstr 'lib/text', b: importstr 'lib/text'}", "its result has 2000027 bytes; at most 1048576 are taken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := folder(t, map[string]string{
				"good.jsonnet":         "import 'lib/good.libsonnet'",
				"good2.jsonnet":        "(import 'lib/good.libsonnet') + {b: 2}",
				"lib/good.libsonnet":   "{a: 1}",
				"lib/nested.libsonnet": strings.Repeat("[", 100000),
				"lib/large":            strings.Repeat(" ", 2<<20),
				"lib/text":             strings.Repeat("x", 1000000),
				"../outside.txt":       "secret",
				name + ".jsonnet":      test.text,
			})
			lib := filepath.Join(root.Name(), "lib")
			for _, err := range []error{
				os.Symlink("../../outside.txt", filepath.Join(lib, "link")),
				os.Symlink("/dev/zero", filepath.Join(lib, "zero")),
				syscall.Mkfifo(filepath.Join(lib, "fifo"), 0o644),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			e := jsonnet.Evaluator{Root: root, Parallel: 1, Limits: jsonnet.Limits{CPU: time.Second, Memory: 256 << 20, Output: 1 << 20}}
			results := evaluate(t, e, "good.jsonnet", name+".jsonnet", "good2.jsonnet")
			if results[0].Err != nil || results[2].Err != nil {
				t.Errorf("the good files: %v, %v", results[0].Err, results[2].Err)
			}
			bad := results[1].Err
			if bad == nil || bad.File != name+".jsonnet" || !strings.Contains(bad.Error(), test.want) {
				t.Errorf("the error is %v; want one about %s.jsonnet with %q", bad, name, test.want)
			}
			t.Log(bad)
		})
	}
}
