// How a hook tool prints what it found: json, yaml or "smart", to the byte as Juju's cmd package does. The YAML is
// that of yaml.v2, which Juju uses; later versions indent and quote otherwise.

package charmtest

import (
	"encoding/json"
	"strings"

	yaml "gopkg.in/yaml.v2"
)

func formatValue(format string, v any) (string, error) {
	switch format {
	case "json":
		out, err := json.Marshal(v)
		return string(out) + "\n", err
	case "yaml":
		return formatYAML(v)
	}
	var text string
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		text = v
	case []string:
		text = strings.Join(v, "\n")
	case bool:
		text = "False"
		if v {
			text = "True"
		}
	default:
		return formatYAML(v)
	}
	if text == "" {
		return "", nil
	}
	return text + "\n", nil
}

func formatYAML(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	out, err := yaml.Marshal(v)
	if err != nil {
		return "", err
	}
	// Only the first byte is safe from the trimming, as in Juju.
	text := string(out)
	if trimmed := strings.TrimRight(text, "\n"); trimmed != "" {
		return trimmed + "\n", nil
	}
	return text, nil
}
