package connecttest

// Calls about the worker itself, its plugins and its loggers.

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (k *call) root() (answer, error) {
	return answer{status: 200, body: map[string]any{"version": k.o.Version, "commit": "0123456789abcdef", "kafka_cluster_id": "connecttest-cluster-id"}}, nil
}

func (k *call) health() (answer, error) {
	if time.Since(k.worker.joined) < k.o.Timing.Start {
		return answer{status: http.StatusServiceUnavailable, body: map[string]any{"status": "starting", "message": "Worker is still starting up."}}, nil
	}
	return answer{status: 200, body: map[string]any{"status": "healthy", "message": "Worker has completed startup and is ready to handle requests."}}, nil
}

func (k *call) listPlugins() (answer, error) {
	all := []any{}
	for _, p := range k.o.Plugins {
		if p.connector() || k.request.URL.Query().Get("connectorsOnly") == "false" {
			all = append(all, map[string]any{"class": p.Class, "type": p.Type, "version": p.Version})
		}
	}
	return answer{status: 200, body: all}, nil
}

func (k *call) pluginConfig() (answer, error) {
	plugin := k.plugin(k.parts[1])
	if plugin == nil {
		return answer{}, refuse(404, "Unknown plugin %s.", k.parts[1])
	}
	definitions := []any{}
	for _, key := range plugin.Keys {
		definitions = append(definitions, k.definition(key, nil))
	}
	for i, name := range []string{"name", "connector.class", "tasks.max"} {
		definitions = append(definitions, k.definition(Key{Name: name, Required: i < 2}, "Common"))
	}
	return answer{status: 200, body: definitions}, nil
}

func (k *call) definition(key Key, group any) map[string]any {
	kind, importance, order := "STRING", "HIGH", "order"
	if key.Type != "" {
		kind = key.Type
	}
	if key.Low {
		importance = "LOW"
	}
	if k.version.atLeast(4, 0) {
		order = "order_in_group"
	}
	var standard any
	if key.Default != "" {
		standard = key.Default
	}
	return map[string]any{"name": key.Name, "type": kind, "required": key.Required, "default_value": standard, "importance": importance,
		"documentation": "", "group": group, order: -1, "width": "NONE", "display_name": key.Name, "dependents": []string{}}
}

func (k *call) validate() (answer, error) {
	config, err := parseConfig(k.body)
	if err != nil {
		return answer{}, err
	}
	asked, class := k.parts[1], config["connector.class"]
	short := func(name string) string { return strings.TrimSuffix(name, "Connector") }
	if class != nil && !strings.HasSuffix(short(*class), short(asked)) {
		return answer{}, refuse(400, "Included connector type %s does not match request type %s", *class, asked)
	}
	found, plugin, err := k.examine(config)
	if err != nil {
		wrapped := "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: "
		if !k.version.atLeast(4, 0) && class != nil {
			wrapped = "org.apache.kafka.connect.errors.ConnectException: "
		}
		return answer{}, refuse(500, "%s%s", wrapped, err)
	}
	keys := append([]Key{{Name: "name", Required: true}, {Name: "connector.class", Required: true}, {Name: "tasks.max", Type: "INT", Default: "1"}}, plugin.Keys...)
	if plugin.Type == "sink" {
		keys = append(keys, Key{Name: "topics"}, Key{Name: "topics.regex"})
	}
	for _, p := range found {
		if !slices.ContainsFunc(keys, func(k Key) bool { return k.Name == p.key }) {
			keys = append(keys, Key{Name: p.key})
		}
	}
	configs := []any{}
	for _, key := range keys {
		texts := []string{}
		for _, p := range found {
			if p.key == key.Name {
				texts = append(texts, p.text)
			}
		}
		configs = append(configs, map[string]any{"definition": k.definition(key, nil), "value": map[string]any{
			"name": key.Name, "value": config[key.Name], "recommended_values": []string{}, "errors": texts, "visible": true}})
	}
	return answer{status: 200, body: map[string]any{"name": *class, "error_count": len(found), "groups": []string{"Common"}, "configs": configs}}, nil
}

// A logger is one line of /admin/loggers.
type logger struct {
	Level        string `json:"level"`
	LastModified *int64 `json:"last_modified"`
}

func (k *call) listLoggers() (answer, error) {
	return k.locked(func() (answer, error) { return answer{status: 200, body: maps.Clone(k.loggers)}, nil })
}

func (k *call) getLogger() (answer, error) {
	return k.locked(func() (answer, error) {
		found, ok := k.loggers[k.parts[2]]
		if !ok {
			return answer{}, refuse(404, "Logger %s not found.", k.parts[2])
		}
		return answer{status: 200, body: found}, nil
	})
}

func (k *call) setLogger() (answer, error) {
	asked, err := parseConfig(k.body)
	if err != nil {
		return answer{}, err
	}
	level := asked["level"]
	switch {
	case level == nil:
		return answer{}, refuse(400, "Desired 'level' parameter was not specified in request.")
	case !slices.Contains([]string{"OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"}, strings.ToUpper(*level)):
		return answer{}, refuse(404, "invalid log level '%s'.", *level)
	}
	return k.locked(func() (answer, error) {
		now := time.Now().UnixMilli()
		k.loggers[k.parts[2]] = logger{strings.ToUpper(*level), &now}
		if k.request.URL.Query().Get("scope") == "cluster" {
			return answer{status: 204}, nil
		}
		return answer{status: 200, body: []string{k.parts[2]}}, nil
	})
}
