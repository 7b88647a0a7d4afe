package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

// WriteJSON writes a value as indented JSON, characters such as "<" as they are.
func WriteJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("cannot write JSON: %w", err)
	}
	return nil
}

// WriteYAML writes a value as the YAML of its JSON: the same keys, in the same
// order.
func WriteYAML(out io.Writer, value any) error {
	var text bytes.Buffer
	if err := WriteJSON(&text, value); err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text.Bytes(), &node); err != nil {
		return fmt.Errorf("cannot write YAML: %w", err)
	}
	unquote(&node)
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return fmt.Errorf("cannot write YAML: %w", err)
	}
	return encoder.Close()
}

// breaks are the line breaks that YAML's blocks do not keep.
const breaks = "\r\u0085\u2028\u2029"

// unquote takes JSON's look away: blocks instead of braces, and quotes only
// where the text would otherwise be something else.
func unquote(node *yaml.Node) {
	if strings.ContainsAny(node.Value, breaks) {
		return
	}
	node.Style = 0
	for _, child := range node.Content {
		unquote(child)
	}
}
