package charm_test

// docs/reference/actions.md: the parameters from actions.yaml, the results from a
// run of each action, so that neither can say anything else than what is.

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// shownActions are the runs that the reference shows, in their order.
var shownActions = []struct {
	name   string
	params map[string]any
	says   string // as a person types it
}{
	{"list-connectors", nil, ""},
	{"connector-status", map[string]any{"name": "connect-sink"}, "name=connect-sink"},
	{"list-tasks", map[string]any{"name": "connect-sink"}, "name=connect-sink"},
	{"register-connector", map[string]any{"name": "copy", "config": map[string]any{
		"connector.class": "FileStreamSink", "topics": "lines", "file": "/tmp/copy"}},
		`name=copy config='{"connector.class": "FileStreamSink", "topics": "lines", "file": "/tmp/copy"}'`},
	{"pause-connector", map[string]any{"name": "copy"}, "name=copy"},
	{"stop-connector", map[string]any{"name": "copy"}, "name=copy"},
	{"resume-connector", map[string]any{"name": "copy"}, "name=copy"},
	{"restart-connector", map[string]any{"name": "copy", "only-failed": true}, "name=copy only-failed=true"},
	{"unregister-connector", map[string]any{"name": "copy"}, "name=copy"},
	{"list-plugins", map[string]any{"type": "source"}, "type=source"},
	{"worker-config", map[string]any{"key": "o"}, "key=o"},
	{"plan-connectors", nil, ""},
	{"apply-connectors", nil, ""},
	{"explain", map[string]any{"rule": "workers", "hooks": 3}, "rule=workers hooks=3"},
}

// TestActionReference: go test ./charm -run ActionReference -update writes it.
func TestActionReference(t *testing.T) {
	t.Parallel()
	base, err := charmdir.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.Must(l.Configure("connect", map[string]any{"worker-config": "# flush often\noffset.flush.interval.ms=5000\nproducer.sasl.jaas.config=secret"}))
	l.MustSettle()
	l.wantBytes("once") // the tasks run
	l.configure(map[string]any{"connectors-policy": "off"})
	l.attach(map[string]string{"connectors/prod/orders.yaml": "connector.class: FileStreamSink\ntopics: lines\nfile: /tmp/orders\n"})
	var b strings.Builder
	b.WriteString(actionsIntroduction)
	for _, shown := range shownActions {
		action, known := base.Actions[shown.name]
		if !known {
			t.Fatalf("actions.yaml has no action %s", shown.name)
		}
		delete(base.Actions, shown.name)
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", shown.name, strings.Join(strings.Fields(action.Description), " "))
		writeParams(&b, action.Params)
		unit := "connect/leader"
		if shown.name == "explain" {
			unit = "connect/0"
		}
		fmt.Fprintf(&b, "\n```console\n$ %s\n%s```\n", strings.TrimSpace("juju run "+unit+" "+shown.name+" "+shown.says), l.printed(l.run("connect/0", shown.name, shown.params).Results))
	}
	for name := range base.Actions {
		t.Errorf("the reference does not show the action %s", name)
	}
	testfile.Golden(t, filepath.Join("..", "docs", "reference", "actions.md"), b.String())
}

const actionsIntroduction = `# Actions

Made from ` + "`actions.yaml`" + ` and from a run of each by ` + "`go test ./charm -run ActionReference -update`" + `; a test compares it.
[Use the actions](../how-to/use-the-actions.md) says when to use which.

All but ` + "`explain`" + ` run on the leader only, since only the leader speaks for the Connect cluster; another unit refuses, and says what
to type instead. Every action gives results for a person, and most of them the same as one text of JSON, ` + "`json`" + `, for a program:
fields may be added to it, and keep their meaning. An action that fails says why in one sentence.

Connector names with one of ` + "`/ ; \\ % { }`" + `, a control character, or a blank at an end are refused: workers do not agree about them.
`

func writeParams(b *strings.Builder, params map[string]any) {
	properties, _ := params["properties"].(map[string]any)
	if len(properties) == 0 {
		return
	}
	required := fmt.Sprint(params["required"])
	b.WriteString("\n| parameter | type | default | says |\n| --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p := properties[name].(map[string]any)
		kind := strings.Trim(fmt.Sprint(p["type"]), "[]")
		if kind == "string object" {
			kind = "text or map"
		}
		if values, is := p["enum"].([]any); is {
			kind = strings.ReplaceAll(strings.Trim(fmt.Sprint(values), "[]"), " ", ", ")
		}
		value := "(none)"
		if given, has := p["default"]; has {
			value = fmt.Sprintf("`%v`", given)
		} else if slices.Contains(strings.Fields(strings.Trim(required, "[]")), name) {
			value = "required"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, kind, value, cell(fmt.Sprint(p["description"])))
	}
}

// changing are texts that differ from run to run.
var changing = map[string]*regexp.Regexp{
	"10.1.27.4:8083":       regexp.MustCompile(`127\.0\.0\.1:\d+`),
	"2026-11-21T09:30:00Z": regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`),
	`"GET /connectors":4`:  regexp.MustCompile(`"GET /connectors":\d+`),
	`"seconds":1.2`:        regexp.MustCompile(`"seconds":[0-9.e-]+`),
	"6 requests":           regexp.MustCompile(`\b\d+ requests`),
	"1.2s":                 regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`),
}

// printed is how juju run shows results, long JSON cut off.
func (l *life) printed(results map[string]any) string {
	l.t.Helper()
	delete(results, "return-code")
	if text, is := results["json"].(string); is {
		if text = l.stable(text); len(text) > 200 {
			text = text[:200] + "…"
		}
		results["json"] = text
	}
	out, err := yaml.Marshal(results)
	l.Must(err)
	return l.stable(string(out))
}

// stable has the same address, time and folder in every run.
func (l *life) stable(text string) string {
	for stable, pattern := range changing {
		text = pattern.ReplaceAllString(text, stable)
	}
	for _, path := range []string{l.from, l.to} {
		text = strings.ReplaceAll(text, path, "/srv/"+filepath.Base(path))
	}
	return text
}
