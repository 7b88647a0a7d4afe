package connecttest

// The flow: sources read, sinks write, and what is between them is a topic in the Store.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// move lets every running task do one round of its work. Task 0 does it for all. The lock is held.
func (c *Cluster) move() {
	for _, name := range c.names() {
		k, shown := c.connectors()[name], c.states()[name]
		if shown == nil || len(shown.tasks) == 0 || shown.tasks[0].state != running || k.target != running {
			continue
		}
		plugin := c.plugin(k.config["connector.class"])
		if plugin == nil {
			continue
		}
		var err error
		switch {
		case plugin.Source != nil:
			err = c.pump(k, plugin)
		case plugin.Type == "sink":
			err = c.drain(k, plugin)
		}
		if err != nil {
			shown.tasks[0].state, shown.tasks[0].trace = failed, javaTrace(err.Error())
		}
	}
}

// pump takes what a source has and puts it into its topic.
func (c *Cluster) pump(k *connector, plugin *Plugin) error {
	offsets := under(c.store.offsets, c.o.OffsetTopic)
	topic, records, now, err := plugin.Source(k.config, offsets[k.name])
	if err != nil {
		return err
	}
	if len(records) > 0 {
		c.store.records[topic] = append(c.store.records[topic], records...)
		k.topics[topic] = true
		offsets[k.name] = now
	}
	return nil
}

// drain gives a sink the records it has not had.
func (c *Cluster) drain(k *connector, plugin *Plugin) error {
	group := under(c.store.groups, "connect-"+k.name)
	for _, topic := range c.topicsOf(k) {
		records := c.store.records[topic]
		next := min(group[topic], len(records))
		if next == len(records) {
			continue
		}
		if plugin.Sink != nil {
			if err := plugin.Sink(k.config, topic, slices.Clone(records[next:])); err != nil {
				return err
			}
		}
		group[topic] = len(records)
		k.topics[topic] = true
	}
	return nil
}

func (c *Cluster) topicsOf(k *connector) []string {
	if pattern := k.config["topics.regex"]; pattern != "" {
		whole, err := regexp.Compile("^(?:" + pattern + ")$")
		var found []string
		for topic := range c.store.records {
			if err == nil && whole.MatchString(topic) {
				found = append(found, topic)
			}
		}
		slices.Sort(found)
		return found
	}
	var topics []string
	for topic := range strings.SplitSeq(k.config["topics"], ",") {
		topics = append(topics, strings.TrimSpace(topic))
	}
	return topics
}

// readFile is the FileStream source: whole lines from where it was. A file that is not there yet is waited for.
func readFile(config map[string]string, at []Offset) (topic string, lines []string, now []Offset, err error) {
	name := config["file"]
	partition := map[string]any{"filename": name}
	position := int64(0)
	if i := slices.IndexFunc(at, func(o Offset) bool { return reflect.DeepEqual(o.Partition, partition) }); i >= 0 {
		position = whole(at[i].Offset["position"])
		at = slices.Delete(slices.Clone(at), i, i+1)
	}
	if name == "" {
		return "", nil, nil, nil
	}
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil, nil, nil
	}
	if err != nil {
		return "", nil, nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.NewSectionReader(file, position, 1<<20))
	if err != nil {
		return "", nil, nil, err
	}
	raw = raw[:bytes.LastIndexByte(raw, '\n')+1]
	for line := range bytes.Lines(raw) {
		lines = append(lines, strings.TrimRight(string(line), "\r\n"))
	}
	now = append(at, Offset{partition, map[string]any{"position": position + int64(len(raw))}})
	return config["topic"], lines, now, nil
}

// whole reads a number that may have been through JSON.
func whole(value any) int64 {
	switch v := value.(type) {
	case int64:
		return v
	case int:
		return int64(v)
	case json.Number:
		n, _ := v.Int64()
		return n
	}
	return 0
}

// openFile is the start of a FileStream sink.
func openFile(config map[string]string) error {
	if config["file"] == "" {
		return nil // standard output
	}
	file, err := os.OpenFile(config["file"], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		//lint:ignore ST1005 in Kafka's words
		return fmt.Errorf("Couldn't find or create file '%s' for FileStreamSinkTask", config["file"]) // in Kafka's words
	}
	return file.Close()
}

// writeFile is the FileStream sink: lines to the end of a file.
func writeFile(config map[string]string, _ string, lines []string) error {
	if config["file"] == "" {
		return nil
	}
	file, err := os.OpenFile(config["file"], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(strings.Join(lines, "\n") + "\n")
	return cmp.Or(err, file.Close())
}
