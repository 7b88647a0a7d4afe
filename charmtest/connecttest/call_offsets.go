package connecttest

// Calls about offsets: sinks keep theirs as a consumer group, sources in the offset topic.

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

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
				found = append(found, Offset{map[string]any{sinkTopic: topic, sinkPartition: 0}, map[string]any{sinkOffset: group[topic]}})
			}
		}
		return answer{status: 200, body: map[string]any{"offsets": append([]Offset{}, found...)}}, nil
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
		Offsets []Offset `json:"offsets"`
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
			if _, text := wanted.Offset["position"].(string); text && k.plugin(c.config["connector.class"]).SureOffsets {
				return refuse(500, "The value for the 'position' key in the offset is expected to be a Long value")
			}
			now = slices.DeleteFunc(now, func(o Offset) bool { return reflect.DeepEqual(o.Partition, wanted.Partition) })
			if wanted.Offset != nil {
				now = append(now, wanted)
			}
		}
		all[c.name] = now
		return nil
	})
}

func (k *call) setSinkOffsets(c *connector, offsets []Offset) error {
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
