package jsonnet_test

import (
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// Brackets in strings and comments do not count, and those behind them do.
func TestNesting(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("[{(", 300)
	good := map[string]string{
		"double":   `"\"` + many + `"`,
		"single":   `'\'` + many + `'`,
		"verbatim": `@'\''` + many + `'`,
		"block":    "|||\n  " + many + "\n  ||| is no end, nor '\n|||",
		"slashes":  "// " + many + "'\n{}",
		"hash":     "# " + many + "\"\n{}",
		"stars":    "/* " + many + " ' */ {}",
		"flat":     "[" + strings.Repeat("[],", 1000) + "]",
		"division": "10 / 2",
	}
	files, names := map[string]string{}, []string{}
	for name, text := range good {
		files[name+".jsonnet"], files[name+"-then-deep.jsonnet"] = text, "["+text+",\n"+many
		names = append(names, name+".jsonnet", name+"-then-deep.jsonnet")
	}
	for _, r := range evaluate(t, jsonnet.Evaluator{Root: folder(t, files)}, names...) {
		deep := strings.Contains(r.File, "-then-deep")
		if deep && (r.Err == nil || r.Err.Line < 2 || !strings.Contains(r.Err.Message, "brackets nest")) {
			t.Errorf("%s: the error is %v; want one about brackets behind the first line", r.File, r.Err)
		}
		if !deep && r.Err != nil {
			t.Error(r.Err)
		}
	}
}
