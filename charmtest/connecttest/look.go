package connecttest

// Looking at what is stored, without a worker.

import "slices"

// Names are the connectors in a config topic, sorted.
func (s *Store) Names(topic string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.configs[topic]))
	for name := range s.configs[topic] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Target is what a connector should be doing: "RUNNING", "PAUSED" or "STOPPED"; "" when there is none.
func (s *Store) Target(topic, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.configs[topic][name]; c != nil {
		return c.target
	}
	return ""
}
