package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Snapshot is everything outside and inside Juju that a charm's hooks bring
// about, in a form that two moments can be compared in: no time, no uid, no
// count of how often something happened.
type Snapshot struct {
	Units      map[string]Unit              // by name, of applications with a charm
	Topics     map[string]string            // by name: "50 partitions, 3 copies, compacted"
	Objects    []string                     // of Kubernetes, as "kind/namespace/name", without pods
	Replicas   map[string]int               // by StatefulSet: how many pods are ready
	Properties map[string]map[string]string // by StatefulSet: what the workers read
	Connectors map[string]Connector         // by name, as Connect's config topics have them
}

// Unit is a unit as an operator and as its charm see it.
type Unit struct {
	Workload, Message string
	Leader            bool
	Flags             []string
}

// Connector is what is registered.
type Connector struct {
	Target string // running, paused or stopped
	Config map[string]string
}

// String is the snapshot as indented JSON.
func (s Snapshot) String() string {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Snapshot looks at everything.
func (w *World) Snapshot() (Snapshot, error) {
	s := Snapshot{
		Units: map[string]Unit{}, Topics: map[string]string{}, Replicas: map[string]int{},
		Properties: map[string]map[string]string{}, Connectors: map[string]Connector{},
	}
	for _, unit := range w.Status().Units {
		if w.hasCharm(unit.App) {
			s.Units[unit.Name] = Unit{unit.Workload, unit.Message, unit.Leader, w.Flags(unit.Name)}
		}
	}
	topics, err := w.Kafka.Topics()
	if err != nil {
		return s, err
	}
	for name, t := range topics {
		s.Topics[name] = fmt.Sprintf("%d partitions, %d copies", t.Partitions, t.ReplicationFactor)
		if t.Compacted {
			s.Topics[name] += ", compacted"
		}
	}
	w.connectors(&s)
	return s, w.kubernetes(&s)
}

func (w *World) hasCharm(app string) bool {
	for _, a := range w.Status().Apps {
		if a.Name == app {
			return a.Charm != ""
		}
	}
	return false
}

// Flags are those a unit has stored, sorted.
func (w *World) Flags(unit string) []string {
	var stored struct {
		Flags []string `json:"flags"`
	}
	text := w.State(unit)["reactive.state"]
	if text == "" || json.Unmarshal([]byte(text), &stored) != nil {
		return nil
	}
	slices.Sort(stored.Flags)
	return stored.Flags
}

func (w *World) connectors(s *Snapshot) {
	for name := range s.Topics {
		if !strings.HasSuffix(name, ".connectconfigs") {
			continue
		}
		for _, connector := range w.Store.Names(name) {
			s.Connectors[connector] = Connector{w.Store.Target(name, connector), w.Store.Config(name, connector)}
		}
	}
}

func (w *World) kubernetes(s *Snapshot) error {
	for _, resource := range []string{"services", "secrets", "poddisruptionbudgets", "networkpolicies", "statefulsets"} {
		objects, err := w.Kube.Objects(resource, "")
		if err != nil {
			return err
		}
		for _, o := range objects {
			namespace, name := text(o, "metadata", "namespace"), text(o, "metadata", "name")
			s.Objects = append(s.Objects, resource+"/"+namespace+"/"+name)
			if resource != "statefulsets" {
				continue
			}
			ready, _ := at(o, "status", "readyReplicas").(int64)
			s.Replicas[name] = int(ready)
			if s.Properties[name], err = w.properties(namespace, o); err != nil {
				return err
			}
		}
	}
	slices.Sort(s.Objects)
	return nil
}

// properties reads what the Secret holds that a StatefulSet's pods mount.
func (w *World) properties(namespace string, set map[string]any) (map[string]string, error) {
	secrets, err := w.Kube.Objects("secrets", namespace)
	if err != nil {
		return nil, err
	}
	volumes, _ := at(set, "spec", "template", "spec", "volumes").([]any)
	for _, volume := range volumes {
		name := text(volume, "secret", "secretName")
		for _, secret := range secrets {
			if text(secret, "metadata", "name") != name {
				continue
			}
			data, err := decoded(secret)
			if err != nil {
				return nil, err
			}
			if p, err := Mounted(data); err == nil {
				return p, nil
			}
		}
	}
	return nil, nil
}

func decoded(secret map[string]any) (map[string][]byte, error) {
	raw, err := json.Marshal(secret["data"])
	if err != nil {
		return nil, fmt.Errorf("cannot read a secret: %w", err)
	}
	var data map[string][]byte
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, fmt.Errorf("cannot read a secret: %w", err)
	}
	return data, nil
}

func at(value any, path ...string) any {
	for _, key := range path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

func text(value any, path ...string) string {
	s, _ := at(value, path...).(string)
	return s
}

// Forget drops from a snapshot what is another way to the same end: who leads,
// and the stored flags and statuses that follow from it.
func (s Snapshot) Forget(units ...string) Snapshot {
	s.Units = maps.Clone(s.Units)
	for _, unit := range units {
		delete(s.Units, unit)
	}
	return s
}
