package connecttest

// Calls about tasks, restarts, offsets, plugins, loggers and the worker itself.

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
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

func (k *call) tasks() (answer, error) {
	return k.read(func(c *connector) (answer, error) {
		tasks := []any{}
		for id := range c.tasks {
			config := maps.Clone(c.config)
			plugin := k.plugin(config["connector.class"])
			if plugin != nil {
				config["task.class"] = strings.TrimSuffix(plugin.Class, "Connector") + "Task"
			}
			tasks = append(tasks, map[string]any{"id": map[string]any{"connector": c.name, "task": id}, "config": config})
		}
		return answer{status: 200, body: tasks}, nil
	})
}

func (k *call) taskStatus(id int) (answer, error) {
	return k.locked(func() (answer, error) {
		shown := k.states()[k.name()]
		if shown == nil || id >= len(shown.tasks) {
			return answer{}, refuse(404, "No status found for task %s-%d", k.name(), id)
		}
		return answer{status: 200, body: k.stateOf(shown.tasks[id], k.connectors()[k.name()].config["connector.class"])}, nil
	})
}

func (k *call) restart() (answer, error) {
	query := k.request.URL.Query()
	include, failedOnly := query.Get("includeTasks") == "true", query.Get("onlyFailed") == "true"
	return k.forwarded(true, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Unknown connector: %s", k.name())
		}
		shown := k.states()[k.name()]
		if !include && !failedOnly {
			k.Cluster.restart(c, true, nil)
			return answer{status: 204}, nil
		}
		if shown == nil {
			return answer{}, refuse(404, "Status for connector %s not found", k.name())
		}
		var tasks []int
		for id, task := range shown.tasks {
			if include && (!failedOnly || task.state == failed) {
				tasks = append(tasks, id)
			}
		}
		k.Cluster.restart(c, !failedOnly || shown.connector.state == failed, tasks)
		return answer{status: 202, body: k.statusOf(k.name())}, nil
	})
}

func (k *call) restartTask(id int) (answer, error) {
	return k.forwarded(true, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Unknown connector: %s", k.name())
		}
		if shown := k.states()[k.name()]; id >= c.tasks || shown == nil || id >= len(shown.tasks) {
			return answer{}, refuse(404, "Unknown task: %s-%d", k.name(), id)
		}
		k.Cluster.restart(c, false, []int{id})
		return answer{status: 204}, nil
	})
}

// The keys of a sink's offsets.
const (
	sinkTopic     = "kafka_topic"
	sinkPartition = "kafka_partition"
	sinkOffset    = "kafka_offset"
)

func (k *call) getOffsets() (answer, error) {
	return k.locked(func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Connector %s not found", k.name())
		}
		found := slices.Clone(under(k.store.offsets, k.o.OffsetTopic)[c.name])
		if k.sink(c) {
			group := under(k.store.groups, "connect-"+c.name)
			found = nil
			for _, topic := range slices.Sorted(maps.Keys(group)) {
				found = append(found, offset{map[string]any{sinkTopic: topic, sinkPartition: 0}, map[string]any{sinkOffset: group[topic]}})
			}
		}
		return answer{status: 200, body: map[string]any{"offsets": append([]offset{}, found...)}}, nil
	})
}

func (k *call) sink(c *connector) bool {
	plugin := k.plugin(c.config["connector.class"])
	return plugin != nil && plugin.Type == "sink"
}

// changeOffsets does what setting and resetting have in common.
func (k *call) changeOffsets(verb string, change func(*connector) error) (answer, error) {
	return k.forwarded(true, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Connector %s not found", k.name())
		}
		if c.target != stopped || c.tasks > 0 {
			return answer{}, refuse(400, "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/%s/stop' endpoint", c.name)
		}
		if err := change(c); err != nil {
			return answer{}, err
		}
		message := fmt.Sprintf("The offsets for this connector have been %s successfully", verb)
		if plugin := k.plugin(c.config["connector.class"]); plugin == nil || !plugin.SureOffsets {
			message = fmt.Sprintf("The Connect framework-managed offsets for this connector have been %s successfully. However, if this connector manages offsets externally, they will need to be manually %s in the system that the connector uses.", verb, verb)
		}
		return answer{status: 200, body: map[string]any{"message": message}}, nil
	})
}

func (k *call) setOffsets() (answer, error) {
	var asked struct {
		Offsets []offset `json:"offsets"`
	}
	if err := decode(k.body, &asked); err != nil {
		return answer{}, malformed(err)
	}
	k.store.mu.Lock()
	known := k.connectors()[k.name()] != nil
	k.store.mu.Unlock()
	if known && len(asked.Offsets) == 0 {
		return answer{}, refuse(400, "Partitions / offsets need to be provided for an alter offsets request")
	}
	return k.changeOffsets("altered", func(c *connector) error {
		if k.sink(c) {
			return k.setSinkOffsets(c, asked.Offsets)
		}
		all := under(k.store.offsets, k.o.OffsetTopic)
		now := slices.Clone(all[c.name])
		for _, wanted := range asked.Offsets {
			if position, ok := wanted.Offset["position"].(string); ok && k.plugin(c.config["connector.class"]).SureOffsets {
				return refuse(500, "The value for the 'position' key in the offset is expected to be a Long value%s", position[:0])
			}
			now = slices.DeleteFunc(now, func(o offset) bool { return reflect.DeepEqual(o.Partition, wanted.Partition) })
			if wanted.Offset != nil {
				now = append(now, wanted)
			}
		}
		all[c.name] = now
		return nil
	})
}

func (k *call) setSinkOffsets(c *connector, offsets []offset) error {
	group := under(k.store.groups, "connect-"+c.name)
	now := maps.Clone(group)
	for _, wanted := range offsets {
		topic, ok := wanted.Partition[sinkTopic].(string)
		if _, has := wanted.Partition[sinkPartition]; !ok || !has {
			return refuse(400, "The partition for a sink connector offset must contain the keys '%s' and '%s'", sinkTopic, sinkPartition)
		}
		next, has := wanted.Offset[sinkOffset]
		switch {
		case wanted.Offset == nil:
			delete(now, topic)
		case !has:
			return refuse(400, "The offset for a sink connector should either be null or contain the key '%s'", sinkOffset)
		default:
			now[topic] = int(whole(next))
		}
	}
	clear(group)
	maps.Copy(group, now)
	return nil
}

func (k *call) resetOffsets() (answer, error) {
	return k.changeOffsets("reset", func(c *connector) error {
		if k.sink(c) {
			clear(under(k.store.groups, "connect-"+c.name))
		} else {
			delete(under(k.store.offsets, k.o.OffsetTopic), c.name)
		}
		return nil
	})
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
