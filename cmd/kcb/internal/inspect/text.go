package inspect

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// widest is how much of a description or default a table shows.
const widest = 60

// Write writes the report for a person to read; descriptions are cut where a
// line would be longer than the width, unless that is 0.
func (r Report) Write(out io.Writer, ink terminal.Ink, width int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", ink.Bold(r.Name), terminal.Clean(r.Summary))
	var bases []string
	for _, base := range r.Bases {
		bases = append(bases, base.Name+"@"+base.Channel)
	}
	about := terminal.Table{}
	about.Add("version", orNone(r.Version))
	about.Add("revision", fmt.Sprint(r.Revision))
	about.Add("architectures", orNone(strings.Join(r.Architectures, ", ")))
	about.Add("bases", orNone(strings.Join(bases, ", ")))
	for i, l := range r.Layers {
		key := ""
		if i == 0 {
			key = "layers"
		}
		about.Add(key, strings.TrimSpace(l.URL+" "+terminal.Cut(l.Rev, 20)))
	}
	if err := about.Write(&b, ink); err != nil {
		return err
	}
	for _, section := range []struct {
		title string
		table terminal.Table
	}{
		{"Endpoints", r.endpoints()}, {"Options", r.options()}, {"Actions", r.actions(width)}, {"Resources", r.resources(width)},
	} {
		if len(section.table.Rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", ink.Bold(section.title))
		if err := section.table.Write(&b, ink); err != nil {
			return err
		}
	}
	writeRules(&b, ink, r.Rules)
	_, err := io.WriteString(out, b.String())
	return err
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func (r Report) endpoints() terminal.Table {
	t := terminal.Table{Head: []string{"NAME", "ROLE", "INTERFACE", "LAYER"}}
	for _, e := range r.Endpoints {
		t.Add(e.Name, string(e.Role), e.Interface, orNone(e.Layer))
	}
	return t
}

func (r Report) options() terminal.Table {
	t := terminal.Table{Head: []string{"NAME", "TYPE", "DEFAULT", "LAYER"}}
	for _, o := range r.Options {
		value := "-"
		if o.Default != nil {
			value = fmt.Sprint(o.Default)
			if text, ok := o.Default.(string); ok {
				value = fmt.Sprintf("%q", text)
			}
		}
		t.Add(o.Name, o.Type, terminal.Cut(value, widest), orNone(o.Layer))
	}
	return t
}

func (r Report) actions(width int) terminal.Table {
	t := terminal.Table{Head: []string{"NAME", "PARAMETERS", "LAYER", "DESCRIPTION"}, Width: width}
	for _, a := range r.Actions {
		t.Add(a.Name, orNone(strings.Join(parameters(a.Params), " ")), orNone(a.Layer), brief(a.Description))
	}
	return t
}

// parameters are an action's; those that need not be given in brackets.
func parameters(schema map[string]any) []string {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	var names []string
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if !slices.Contains(required, any(name)) {
			names[i] = "[" + name + "]"
		}
	}
	return names
}

func (r Report) resources(width int) terminal.Table {
	t := terminal.Table{Head: []string{"NAME", "TYPE", "LAYER", "DESCRIPTION"}, Width: width}
	for _, x := range r.Resources {
		t.Add(x.Name, x.Type, orNone(x.Layer), brief(x.Description))
	}
	return t
}

// writeRules writes the rules in their order, a block each.
func writeRules(b *strings.Builder, ink terminal.Ink, all []reactive.DescribedRule) {
	if len(all) > 0 {
		fmt.Fprintf(b, "\n%s\n", ink.Bold("Rules, as they run"))
	}
	for i, r := range all {
		name, when := ink.Cyan(r.Name), r.When
		switch {
		case r.Once:
			name += " (once)"
		case r.On != "":
			name, when = "a trigger", r.When+" is "+r.On
		}
		fmt.Fprintf(b, "%3d  %s\n       when    %s\n", i+1, name, orNone(when))
		if len(r.Sets) > 0 {
			fmt.Fprintf(b, "       sets    %s\n", strings.Join(r.Sets, ", "))
		}
		if len(r.Clears) > 0 {
			fmt.Fprintf(b, "       clears  %s\n", strings.Join(r.Clears, ", "))
		}
	}
}

// brief is the first sentence of a description, in one line.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if end := strings.Index(text, ". "); end >= 0 {
		text = text[:end+1]
	}
	return terminal.Cut(terminal.Clean(text), widest)
}
