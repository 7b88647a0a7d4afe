package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// PeerEndpoint is where the leader keeps what the next leader needs.
const PeerEndpoint = "cluster"

// memoryKey is the one key of the peer relation's application data.
const memoryKey = "connect"

// memory is what a leader leaves to the next one: application data of the peer
// relation, written and read by the leader only. It holds no secret value.
type memory struct {
	Version    int                   `json:"version"`
	Image      string                `json:"image,omitempty"`
	Topics     TopicNames            `json:"topics,omitzero"`
	Worker     map[string]string     `json:"worker,omitempty"`      // the upper layer's, without secret values
	Connectors map[string]Registered `json:"connectors,omitempty"`  // by name
	HasSecrets bool                  `json:"has-secrets,omitempty"` // the vault holds more of the worker configuration
	Deployed   string                `json:"deployed,omitempty"`    // hash of the workers as last applied; or stopped
	Namespace  string                `json:"namespace,omitempty"`   // where they were applied
	Group      string                `json:"group,omitempty"`       // their group.id
	Bootstrap  []string              `json:"bootstrap,omitempty"`   // the brokers they know
	Former     *Former               `json:"former,omitempty"`      // whose workers were there before ours
	Service    []string              `json:"service,omitempty"`     // the URLs at which they last answered
	Owner      string                `json:"owner,omitempty"`       // what the connectors of the attached folder carry
}

// Registered is what is remembered of a connector this application registered.
type Registered struct {
	State State  `json:"state,omitempty"` // by default running
	Hash  string `json:"hash"`            // of its configuration
}

// State is what a connector should be doing.
type State string

// The states an operator may want, spelt as Connect spells them.
const (
	StateRunning State = "RUNNING"
	StatePaused  State = "PAUSED"
	StateStopped State = "STOPPED" // from Kafka 3.5
)

// recall reads the memory, once a hook. Leader only: in some Juju versions a follower may not read it.
func (u *Unit) recall(ctx context.Context) (*memory, error) {
	if u.memory != nil {
		return u.memory, nil
	}
	m := &memory{Version: memoryVersion}
	relations, err := u.Relations(ctx, PeerEndpoint)
	if err != nil {
		return nil, err
	}
	if len(relations) == 0 { // Juju has not made it yet: nothing was ever remembered
		return m, nil
	}
	data, err := relations[0].OwnApp(ctx)
	if errors.Is(err, juju.ErrPermission) {
		return nil, ErrNotLeader
	}
	if err != nil {
		return nil, err
	}
	if text := data[memoryKey]; text != "" {
		if err := readMemory(text, m); err != nil {
			return nil, err
		}
	}
	u.memory = m
	return m, nil
}

// readMemory looks at the version first: the fields of a newer one may be of other types.
func readMemory(text string, m *memory) error {
	what := fmt.Sprintf("what the last leader left in the relation %q", PeerEndpoint)
	var first struct{ Version int }
	if err := json.Unmarshal([]byte(text), &first); err != nil {
		return fmt.Errorf("cannot read %s: %w", what, err)
	}
	if first.Version > memoryVersion {
		return newer(what, first.Version, memoryVersion)
	}
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return fmt.Errorf("cannot read %s: %w", what, err)
	}
	return nil
}

// remember changes the memory; it is committed with the hook.
func (u *Unit) remember(ctx context.Context, change func(*memory)) error {
	m, err := u.recall(ctx)
	if err != nil {
		return err
	}
	relations, err := u.Relations(ctx, PeerEndpoint)
	if err != nil {
		return err
	}
	if len(relations) == 0 {
		return reactive.Waiting("waiting for Juju to make the peer relation %q", PeerEndpoint)
	}
	m.Connectors = cloneOrMake(m.Connectors)
	change(m)
	m.Version = memoryVersion
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("cannot encode the leader's memory: %w", err)
	}
	relations[0].SetApp(memoryKey, string(text))
	return nil
}

// withoutSecrets splits a configuration: what may stand in relation data, and what may not.
func withoutSecrets(config map[string]string) (open, secret map[string]string) {
	open, secret = map[string]string{}, map[string]string{}
	for key, value := range config {
		if connect.SecretKey(key) {
			secret[key] = value
		} else {
			open[key] = value
		}
	}
	return open, secret
}
