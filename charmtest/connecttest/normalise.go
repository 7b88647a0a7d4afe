package connecttest

// What two runs of the script may differ in, taken out of their answers.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
)

// normaliseBody gives a body one form on every worker. What is not JSON is only said to be so.
func normaliseBody(path string, raw []byte, folder string) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return "(not JSON)"
	}
	if strings.HasPrefix(path, "/connector-plugins/") {
		value = normalisePlugin(value)
	}
	value = normaliseValue("", value)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.TrimSpace(strings.NewReplacer(folder, "$DIR", filepath.Base(folder), "$RUN").Replace(out.String()))
}

func normaliseValue(key string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		if v["worker_id"] != nil {
			delete(v, "version") // from 4.1
		}
		for name := range v {
			v[name] = normaliseValue(name, v[name])
		}
		return v
	case []any:
		return normaliseList(v)
	case string:
		return normaliseText(key, v)
	}
	if key == "last_modified" {
		return "TIME"
	}
	return value
}

// normaliseList sorts what Connect gives in no order, and leaves plugins out that not every installation has.
func normaliseList(list []any) []any {
	kept := make([]any, 0, len(list))
	for _, item := range list {
		if plugin, ok := item.(map[string]any); ok && plugin["class"] != nil && !strings.HasPrefix(plugin["class"].(string), "org.apache.kafka.connect.file.") {
			continue
		}
		kept = append(kept, normaliseValue("", item))
	}
	slices.SortStableFunc(kept, func(a, b any) int { return cmp.Compare(sortKey(a), sortKey(b)) })
	return kept
}

func sortKey(item any) string {
	switch v := item.(type) {
	case string:
		return v
	case map[string]any:
		class, _ := v["class"].(string)
		return class
	}
	return ""
}

func normaliseText(key, text string) string {
	switch key {
	case "worker_id":
		return "WORKER"
	case "version":
		return "VERSION"
	case "commit", "kafka_cluster_id":
		return strings.ToUpper(key)
	case "documentation":
		return "DOCUMENTATION"
	case "trace":
		first, _, _ := strings.Cut(text, "\n")
		return first
	case "message":
		// Workers wrap such a message once more when they are asked a second time.
		for _, wrapping := range []string{"runtime.rest.errors.BadRequestException: ", "errors.ConnectException: "} {
			text = strings.TrimPrefix(text, "org.apache.kafka.connect."+wrapping)
		}
		if before, _, found := strings.Cut(text, "available connectors are: "); found {
			return before + "available connectors are: …"
		}
		// Jackson names positions and the class that read them; only its own complaint is the same everywhere.
		before, _, _ := strings.Cut(text, "\n at [Source")
		return before
	}
	return text
}

// normalisePlugin keeps the keys that are a plugin's own, and what a validation found. The list of keys that all
// connectors share is longer in each version.
func normalisePlugin(value any) any {
	switch v := value.(type) {
	case []any:
		return slices.DeleteFunc(v, func(item any) bool {
			definition, _ := item.(map[string]any)
			delete(definition, "order") // has another name in each version
			delete(definition, "order_in_group")
			return definition["group"] != nil
		})
	case map[string]any:
		configs, ok := v["configs"].([]any)
		if !ok {
			return value
		}
		found := map[string]any{}
		for _, item := range configs {
			entry, _ := item.(map[string]any)
			state, _ := entry["value"].(map[string]any)
			if errors, _ := state["errors"].([]any); len(errors) > 0 {
				found[state["name"].(string)] = errors
			}
		}
		return map[string]any{"name": v["name"], "error_count": v["error_count"], "errors": found}
	}
	return value
}
