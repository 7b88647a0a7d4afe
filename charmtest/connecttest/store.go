package connecttest

// What real workers keep in Kafka: it outlives every worker, and a later cluster finds it again under the same topics.

import (
	"maps"
	"slices"
	"sync"
)

// A Store is the broker's side. Clusters with the same Store and the same topic names see the same connectors, one
// after the other; records and sink offsets are seen by all.
type Store struct {
	mu      sync.Mutex
	configs map[string]map[string]*connector // by config topic, by name
	states  map[string]map[string]*status    // by status topic, by name
	offsets map[string]map[string][]Offset   // of sources, by offset topic, by name
	records map[string][]string              // by topic
	groups  map[string]map[string]int        // of sinks: next record, by group, by topic
}

// NewStore gives an empty one.
func NewStore() *Store {
	return &Store{
		configs: map[string]map[string]*connector{},
		states:  map[string]map[string]*status{},
		offsets: map[string]map[string][]Offset{},
		records: map[string][]string{},
		groups:  map[string]map[string]int{},
	}
}

// Records gives what is in a topic.
func (s *Store) Records(topic string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records[topic])
}

// Produce puts records into a topic, for sinks to read.
func (s *Store) Produce(topic string, records ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[topic] = append(s.records[topic], records...)
}

// Config gives what a config topic says of a connector, as the workers' restart would find it; nil when it is not there.
func (s *Store) Config(topic, name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.configs[topic][name]; c != nil {
		return maps.Clone(c.config)
	}
	return nil
}

// under gives the map for a key, made when it is new.
func under[V any](all map[string]map[string]V, key string) map[string]V {
	if all[key] == nil {
		all[key] = map[string]V{}
	}
	return all[key]
}

// A connector is what the config topic says.
type connector struct {
	name   string
	config map[string]string
	target string // RUNNING, PAUSED, STOPPED
	tasks  int
	topics map[string]bool // used so far
	broken map[int]string  // traces of tasks (-1: itself) that fail at each start
}

// The states of Connect.
const (
	running    = "RUNNING"
	paused     = "PAUSED"
	stopped    = "STOPPED"
	failed     = "FAILED"
	unassigned = "UNASSIGNED"
	restarting = "RESTARTING"
)

// A status is what the status topic says.
type status struct {
	connector state
	tasks     []state
}

type state struct {
	id     int
	state  string
	worker string
	trace  string
}

// An Offset is a source's place in one partition of what it reads.
type Offset struct {
	Partition map[string]any `json:"partition"`
	Offset    map[string]any `json:"offset"`
}
