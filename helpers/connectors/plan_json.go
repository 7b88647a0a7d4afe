package connectors

// A plan for machines. docs/reference/connectors-plan.md describes the shape; a change that a reader would notice needs
// another version.

import (
	"bytes"
	"encoding/json"
)

const planVersion = 1

type planJSON struct {
	Version    int            `json:"version"`
	Owner      string         `json:"owner,omitempty"`
	Changes    int            `json:"changes"`
	Refused    string         `json:"refused,omitempty"`
	Summary    map[Action]int `json:"summary"`
	Connectors []stepJSON     `json:"connectors"`
}

type stepJSON struct {
	Name    string       `json:"name"`
	Action  Action       `json:"action"`
	Reason  string       `json:"reason,omitempty"`
	Class   string       `json:"class,omitempty"`
	File    string       `json:"file,omitempty"`
	Key     string       `json:"key,omitempty"`
	State   stateJSON    `json:"state"`
	Changes []changeJSON `json:"changes,omitempty"`
	Health  string       `json:"health,omitempty"`
}

type stateJSON struct {
	From State `json:"from,omitempty"`
	To   State `json:"to,omitempty"`
}

type changeJSON struct {
	Key    string  `json:"key"`
	Change string  `json:"change"` // "added", "changed" or "removed"
	Secret bool    `json:"secret,omitempty"`
	Old    *string `json:"old,omitempty"`
	New    *string `json:"new,omitempty"`
}

// MarshalJSON gives the plan for machines, without secrets.
func (p *Plan) MarshalJSON() ([]byte, error) {
	shape := planJSON{
		Version: planVersion, Owner: p.policy.Owner, Changes: p.Changes(), Refused: p.Refused,
		Summary: map[Action]int{}, Connectors: make([]stepJSON, 0, len(p.Steps)),
	}
	words := map[string]string{"+": "added", "~": "changed", "-": "removed"}
	for _, s := range p.Steps {
		shape.Summary[s.Action]++
		one := stepJSON{
			Name: s.Name, Action: s.Action, Reason: s.Reason, Class: s.Class, File: s.Source.File, Key: s.Source.Key,
			State: stateJSON{From: s.From, To: s.To}, Health: s.Health,
		}
		for _, c := range shownChanges(s) {
			one.Changes = append(one.Changes, changeJSON{Key: c.key, Change: words[c.mark], Secret: c.secret, Old: c.old, New: c.new})
		}
		shape.Connectors = append(shape.Connectors, one)
	}
	return marshal(shape)
}

// marshal leaves characters such as "<" as they are, if the caller's encoder
// does.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
