package connectors

// The Jsonnet that an export writes, as jsonnetfmt would lay it out.

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// library is the defaults.libsonnet: an object for each class. Nil when there
// is nothing in common.
func (e *export) library() []byte {
	if len(e.defaults) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("// What most connectors of a class have in common.\n{\n")
	for _, class := range slices.Sorted(maps.Keys(e.defaults)) {
		fmt.Fprintf(&b, "  %s: {\n", label(class))
		for _, key := range slices.Sorted(maps.Keys(e.defaults[class])) {
			fmt.Fprintf(&b, "    %s: %s,\n", label(key), singleQuoted(e.defaults[class][key]))
		}
		b.WriteString("  },\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// jsonnet is a connector's file.
func (c *exported) jsonnet() []byte {
	var b bytes.Buffer
	if len(c.shared) > 0 {
		b.WriteString("local defaults = import 'defaults.libsonnet';\n")
	}
	if len(c.secret) > 0 {
		fmt.Fprintf(&b, "local secrets = std.extVar('%s')[%s];\n", secretsVariable, singleQuoted(c.name))
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	if len(c.shared) > 0 {
		fmt.Fprintf(&b, "defaults[%s] + ", singleQuoted(c.class))
	}
	fmt.Fprintf(&b, "{\n  name: %s,\n", singleQuoted(c.name))
	if c.state != Running {
		fmt.Fprintf(&b, "  %s: %s,\n", label(StateKey), singleQuoted(string(c.state)))
	}
	lines := map[string]string{}
	for key, value := range c.plain {
		if shared, has := c.shared[key]; !has || shared != value {
			lines[key] = fmt.Sprintf("%s: %s,", label(key), singleQuoted(value))
		}
	}
	for _, key := range c.secret {
		lines[key] = fmt.Sprintf("%s: secrets[%s],", label(key), singleQuoted(key))
	}
	for _, key := range c.masked {
		lines[key] = fmt.Sprintf("// %s: the server does not show it,", strings.ReplaceAll(label(key), "\n", " "))
	}
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&b, "  %s\n", lines[key])
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// label is a key: bare where it is a word that means nothing to Jsonnet.
func label(key string) string {
	reserved := strings.Fields("assert else error false for function if import importbin importstr in local null tailstrict then self super true")
	word := key != "" && !slices.Contains(reserved, key)
	for i, c := range key {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		word = word && (letter || i > 0 && '0' <= c && c <= '9')
	}
	if word {
		return key
	}
	return singleQuoted(key)
}

// singleQuoted is a text as Jsonnet reads it: in single quotes, escaped as JSON.
func singleQuoted(text string) string {
	quoted := jsonText(text)
	inner := quoted[1 : len(quoted)-1]
	return "'" + strings.NewReplacer(`\"`, `"`, `\\`, `\\`, `'`, `\'`).Replace(inner) + "'"
}
