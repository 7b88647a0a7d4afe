package charm_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// TestReference: the reference is made from the code and the charm's files, so
// that it cannot say anything else. go test ./charm -run Reference -update writes it.
func TestReference(t *testing.T) {
	t.Parallel()
	base, err := charmdir.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	rules := charm.Layer(workers.New(juju.NewUnit(juju.Env{}, nil, juju.Options{}), workers.Options{}))
	got := reference(base, rules)
	path := filepath.Join("..", "docs", "reference", "base-layer.md")
	testfile.Golden(t, path, got)
}

func reference(base *charmdir.Charm, rules reactive.Rules) string {
	var b strings.Builder
	b.WriteString("# The base layer\n\nMade from the code by `go test ./charm -run Reference -update`; a test compares it.\n")
	b.WriteString("\n## Options\n\n| option | type | default | says |\n| --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(base.Options)) {
		o := base.Options[name]
		value := fmt.Sprint(o.Default)
		if o.Default == nil || value == "" {
			value = "(empty)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, o.Type, value, cell(o.Description))
	}
	b.WriteString("\n## Endpoints\n\n| endpoint | role | interface |\n| --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(base.Endpoints)) {
		e := base.Endpoints[name]
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", name, e.Role, e.Interface)
	}
	b.WriteString("\n## Actions\n\n| action | does |\n| --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(base.Actions)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(base.Actions[name].Description))
	}
	writeRules(&b, rules)
	b.WriteString("\n## Rules and flags as a picture\n\n```mermaid\n" + rules.Graph() + "```\n")
	return b.String()
}

func writeRules(b *strings.Builder, rules reactive.Rules) {
	b.WriteString("\n## Rules, in their order\n\n`!` is \"not set\", `&` \"and\", `|` \"or\".\n\n| rule | is due when | may set | may clear |\n| --- | --- | --- | --- |\n")
	for _, entry := range rules {
		rule, is := entry.(reactive.Rule)
		if !is {
			continue
		}
		sets, clears := rule.Effects()
		fmt.Fprintf(b, "| %s | `%s` | %s | %s |\n", rule.Name(), strings.ReplaceAll(rule.When().String(), "|", "\\|"), names(sets), names(clears))
	}
}

func names(list []flags.Flag) string {
	quoted := make([]string, len(list))
	for i, f := range list {
		quoted[i] = "`" + f.Name() + "`"
	}
	return strings.Join(quoted, " ")
}

func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "\\|")
}
