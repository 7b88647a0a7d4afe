package connectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Render gives a connector's configuration as a person reads it, as Jsonnet
// itself would print it: JSON with sorted keys, three blanks deep, "name"
// among them and a newline at the end. The state and the owner are not in it.
func Render(c Connector) ([]byte, error) {
	config := maps.Clone(c.Config)
	if config == nil {
		config = map[string]string{}
	}
	config["name"] = c.Name
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "   ")
	if err := encoder.Encode(config); err != nil {
		return nil, fmt.Errorf("cannot render the connector %q: %w", c.Name, err)
	}
	return b.Bytes(), nil
}
