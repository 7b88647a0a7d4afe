package connecttest

// Plugins: what the workers can run, and what they say of a configuration.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Plugin is a connector class. Beside its face (class, keys) it may really do something.
type Plugin struct {
	Class    string // full
	Type     string // "source" or "sink"; anything else ("converter") is only listed
	Version  string // By default, that of Kafka
	Keys     []Key
	MaxTasks int // less than zero: none. By default, as many as "tasks.max" says

	// Validate finds more that is wrong, by key. It may take its time, as those do that look at a database.
	Validate func(config map[string]string) map[string][]string
	// Start fails when a task cannot run.
	Start func(config map[string]string) error
	// Source gives what there is to read since the offsets, and the offsets after it.
	Source func(config map[string]string, at []Offset) (topic string, records []string, now []Offset, err error)
	// Sink takes records. By default, they are swallowed.
	Sink func(config map[string]string, topic string, records []string) error
	// SureOffsets: the plugin takes part when its offsets are changed, so that the answer can be sure.
	SureOffsets bool
}

// A Key is something a plugin can be configured with.
type Key struct {
	Name     string
	Type     string // By default, "STRING"
	Default  string // "" for none
	Required bool
	Low      bool // of low importance
}

func builtIn(kafka string) []Plugin {
	const file = "org.apache.kafka.connect.file.FileStream"
	return []Plugin{
		{Class: file + "SinkConnector", Type: "sink", Version: kafka, Keys: []Key{{Name: "file"}},
			Start: openFile, Sink: writeFile, SureOffsets: true},
		{Class: file + "SourceConnector", Type: "source", Version: kafka, MaxTasks: 1, Source: readFile, SureOffsets: true,
			Keys: []Key{{Name: "file"}, {Name: "topic", Required: true}, {Name: "batch.size", Type: "INT", Default: "2000", Low: true}}},
		{Class: "com.mongodb.kafka.connect.MongoSinkConnector", Type: "sink", Version: "1.13.0", Keys: []Key{
			{Name: "connection.uri", Default: "mongodb://localhost:27017,localhost:27018,localhost:27019"},
			{Name: "database", Required: true}, {Name: "collection"}}},
		{Class: "org.apache.kafka.connect.json.JsonConverter", Type: "converter", Version: kafka},
		{Class: "org.apache.kafka.connect.storage.StringConverter", Type: "converter", Version: kafka},
	}
}

// plugin finds one by class: full, without the package, or without "Connector" as well. Nil when there is none.
func (c *Cluster) plugin(class string) *Plugin {
	for i := range c.o.Plugins {
		if p := &c.o.Plugins[i]; p.called(class) {
			return p
		}
	}
	return nil
}

func (p *Plugin) called(class string) bool {
	simple := p.Class[strings.LastIndex(p.Class, ".")+1:]
	return class == p.Class || class == simple || class == strings.TrimSuffix(simple, "Connector")
}

func (p *Plugin) connector() bool { return p.Type == "source" || p.Type == "sink" }

// problem is one complaint about one key.
type problem struct{ key, text string }

// examine gives what a plugin says of a configuration, in the order Connect lists it; nil in config is JSON's null.
// The error is for configurations no plugin can be asked about.
func (c *Cluster) examine(config map[string]*string) ([]problem, *Plugin, error) {
	flat := withoutNull(config)
	class, ok := flat["connector.class"]
	if !ok {
		return nil, nil, refuse(400, "Connector config %s contains no connector type", javaMap(flat))
	}
	plugin := c.plugin(class)
	if plugin == nil || !plugin.connector() {
		code := 500
		if c.version.atLeast(4, 0) {
			code = 400
		}
		return nil, nil, refuse(code, "Failed to find any class that implements Connector and which name matches %s, available connectors are: %s",
			class, c.available())
	}
	var found []problem
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if config[key] == nil && !plugin.knows(key) {
			found = append(found, problem{key, "Null value can not be supplied as the configuration value."})
		}
	}
	found = append(found, nameProblems(flat)...)
	found = append(found, taskProblems(flat)...)
	if plugin.Type == "sink" {
		found = append(found, topicProblems(flat)...)
	}
	for _, key := range plugin.Keys {
		if _, ok := config[key.Name]; key.Required && !ok {
			found = append(found, missing(key.Name))
		}
	}
	if plugin.Validate != nil {
		more := plugin.Validate(flat)
		for _, key := range slices.Sorted(maps.Keys(more)) {
			for _, text := range more[key] {
				found = append(found, problem{key, text})
			}
		}
	}
	return found, plugin, nil
}

func (p *Plugin) knows(key string) bool {
	return slices.ContainsFunc(p.Keys, func(k Key) bool { return k.Name == key })
}

func missing(key string) problem {
	return problem{key, fmt.Sprintf("Missing required configuration %q which has no default value.", key)}
}

func nameProblems(config map[string]string) []problem {
	name, ok := config["name"]
	if !ok {
		return []problem{missing("name")}
	}
	if strings.TrimSpace(name) == "" {
		return []problem{{"name", "Invalid value  for configuration name: String may not be empty"}}
	}
	var codes []string
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			codes = append(codes, strconv.Itoa(int(r)))
		}
	}
	if codes == nil {
		return nil
	}
	return []problem{{"name", "Invalid value " + name + " for configuration name: String may not contain control sequences but had the following ASCII chars: " + strings.Join(codes, ", ")}}
}

func taskProblems(config map[string]string) []problem {
	text, ok := config["tasks.max"]
	if !ok {
		return nil
	}
	count, err := strconv.Atoi(strings.TrimSpace(text))
	switch {
	case err != nil:
		return []problem{{"tasks.max", "Invalid value " + text + " for configuration tasks.max: Not a number of type INT"},
			{"tasks.max", "Invalid value null for configuration tasks.max: Value must be non-null"}}
	case count < 1:
		return []problem{{"tasks.max", "Invalid value " + strconv.Itoa(count) + " for configuration tasks.max: Value must be at least 1"}}
	}
	return nil
}

// topicProblems are told twice, once for each key.
func topicProblems(config map[string]string) []problem {
	text := ""
	switch {
	case config["topics"] != "" && config["topics.regex"] != "":
		text = "topics and topics.regex are mutually exclusive options, but both are set."
	case config["topics"] == "" && config["topics.regex"] == "":
		text = "Must configure one of topics or topics.regex"
	default:
		return nil
	}
	return []problem{{"topics", text}, {"topics.regex", text}}
}

// invalid is what a write answers when there are problems.
func invalid(found []problem) error {
	if len(found) == 0 {
		return nil
	}
	text := fmt.Sprintf("Connector configuration is invalid and contains the following %d error(s):", len(found))
	for _, p := range found {
		text += "\n" + p.text
	}
	return refuse(400, "%s", text+"\nYou can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`")
}

func (c *Cluster) available() string {
	var all []string
	for _, p := range c.o.Plugins {
		if p.connector() {
			all = append(all, fmt.Sprintf("PluginDesc{klass=class %s, name='%s', version='%s', encodedVersion=%s, type=%s, typeName='%s', location='classpath'}",
				p.Class, p.Class, p.Version, p.Version, p.Type, p.Type))
		}
	}
	return strings.Join(all, ", ")
}

func withoutNull(config map[string]*string) map[string]string {
	flat := make(map[string]string, len(config))
	for key, value := range config {
		if value != nil {
			flat[key] = *value
		}
	}
	return flat
}

// javaMap prints as java.util.Map does.
func javaMap(config map[string]string) string {
	var entries []string
	for _, key := range slices.Sorted(maps.Keys(config)) {
		entries = append(entries, key+"="+config[key])
	}
	return "{" + strings.Join(entries, ", ") + "}"
}
