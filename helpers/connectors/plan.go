package connectors

// The plan: what would be done to each connector, and why. Making one asks nobody.

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// An Action is what a plan does about one connector.
type Action string

// The actions. All up to Adopt change something; the rest do not.
const (
	Create Action = "create" // no such connector is there
	Update Action = "update" // keys differ; the state may differ too
	Delete Action = "delete" // it carries our owner, and no file wants it
	Pause  Action = "pause"  // only its state differs
	Resume Action = "resume"
	Stop   Action = "stop"
	Adopt  Action = "adopt" // it equals its file, and gets our owner

	Conflict  Action = "conflict"  // a file wants it, and somebody has to decide first
	Unchanged Action = "unchanged" // it is as its file wants it
	LeftAlone Action = "left alone"
)

// changes says whether an action writes something.
func (a Action) changes() bool {
	return a != Conflict && a != Unchanged && a != LeftAlone
}

// A Step is what a plan does about one connector.
type Step struct {
	Name   string
	Action Action
	// Reason says in a sentence why, for what is left alone or a conflict.
	Reason string
	// Source is the file that wants the connector; none where no file does.
	Source Source
	// Class is its connector.class, after the step.
	Class string
	// Changes are the keys that differ, sorted. They hold secrets; the plan's
	// texts do not.
	Changes []connect.Change
	// From is the state the connector is in: that of Connect in lower case,
	// and "" where there is none yet. To is the state that is wanted, and ""
	// where no file wants it.
	From, To State
	// Health is what is wrong with the connector now, in one line without
	// secrets, and "" where nothing is. It is never a reason to change it.
	Health string

	config map[string]string // what is written
	live   map[string]string // what was there
	failed bool              // it or a task of it had failed
	hide   []string          // the secrets its file could use
	move   Action            // Pause, Resume or Stop, when the state is to change; else ""
}

// A Plan is what would bring a cluster to what the files want.
type Plan struct {
	// Steps has one entry for every connector that is wanted or there, sorted
	// by name.
	Steps []Step
	// Refused says why the plan must not be applied as it is, and is "" when
	// it may be.
	Refused string

	policy Policy
	owned  int // connectors that carry our owner
}

// defaultMaxDelete is the share of our connectors one apply may delete.
const defaultMaxDelete = 0.2

// NewPlan compares what files want with what a cluster runs. It is a pure
// function. The error names everything that is wrong with the wanted
// connectors and the policy: two files for one name, names that Connect
// mishandles, unknown states, patterns that are none.
func NewPlan(wanted []Connector, live *Live, policy Policy) (*Plan, error) {
	byName, err := check(wanted, policy)
	if err != nil {
		return nil, err
	}
	p := &Plan{policy: policy}
	for name, w := range byName {
		if now, there := live.Connectors[name]; there {
			p.Steps = append(p.Steps, policy.existing(w, now))
		} else {
			p.Steps = append(p.Steps, policy.missing(w))
		}
	}
	for name, now := range live.Connectors {
		if policy.Owner != "" && owner(now) == policy.Owner {
			p.owned++
		}
		if _, is := byName[name]; !is {
			p.Steps = append(p.Steps, policy.unwanted(name, now))
		}
	}
	slices.SortFunc(p.Steps, func(a, b Step) int { return cmp.Compare(a.Name, b.Name) })
	p.guard()
	return p, nil
}

// check finds all mistakes at once.
func check(wanted []Connector, policy Policy) (map[string]Connector, error) {
	byName := make(map[string]Connector, len(wanted))
	var wrong []error
	for _, w := range wanted {
		if err := connect.CheckName(w.Name); err != nil {
			wrong = append(wrong, fmt.Errorf("%w (%s)", err, w.Source))
			continue
		}
		switch w.State {
		case Running, Paused, Stopped:
		default:
			wrong = append(wrong, fmt.Errorf("cannot bring connector %q to the state %q of %s: it is running, paused or stopped", w.Name, w.State, w.Source))
		}
		if other, twice := byName[w.Name]; twice {
			wrong = append(wrong, fmt.Errorf("cannot plan connector %q: two files want it, %s and %s", w.Name, other.Source, w.Source))
		}
		byName[w.Name] = w
	}
	for _, pattern := range policy.IgnoreKeys {
		if _, err := path.Match(pattern, ""); err != nil {
			wrong = append(wrong, fmt.Errorf("cannot ignore keys like %q: it is not a pattern", pattern))
		}
	}
	if policy.Prune && policy.Owner == "" {
		wrong = append(wrong, errors.New("cannot prune without an owner: nothing tells which connectors may be deleted; set the owner"))
	}
	if share := policy.MaxDelete; share < 0 || share > 1 || math.IsNaN(share) {
		wrong = append(wrong, fmt.Errorf("cannot use %v as the share that may be deleted: it is between 0 and 1", share))
	}
	return byName, errors.Join(wrong...)
}

// guard refuses a mass deletion.
func (p *Plan) guard() {
	share := p.policy.MaxDelete
	if share == 0 {
		share = defaultMaxDelete
	}
	allowed := max(1, int(math.Floor(share*float64(p.owned)+1e-9)))
	p.Refused = ""
	if n := p.Count(Delete); n > allowed {
		p.Refused = fmt.Sprintf("it would delete %d of the %d connectors that carry the owner %q, and %d may be deleted at once (%.3g %%)",
			n, p.owned, p.policy.Owner, allowed, share*100)
	}
}

// Only gives a plan with those steps whose connector's name is to be kept. It
// is how to apply a part: planning with a part of the files would prune the
// other connectors.
func (p *Plan) Only(keep func(name string) bool) *Plan {
	some := &Plan{policy: p.policy, owned: p.owned}
	for _, s := range p.Steps {
		if keep(s.Name) {
			some.Steps = append(some.Steps, s)
		}
	}
	some.guard()
	return some
}

// Count says for how many connectors the plan has one of these actions.
func (p *Plan) Count(actions ...Action) int {
	n := 0
	for _, s := range p.Steps {
		if slices.Contains(actions, s.Action) {
			n++
		}
	}
	return n
}

// Changes says how many connectors the plan would write or delete.
func (p *Plan) Changes() int {
	n := 0
	for _, s := range p.Steps {
		if s.Action.changes() {
			n++
		}
	}
	return n
}

// Empty says that there is nothing to do and nothing to decide.
func (p *Plan) Empty() bool { return p.Changes() == 0 && p.Count(Conflict) == 0 }

// Owner is the owner the plan writes and prunes for; "" for none.
func (p *Plan) Owner() string { return p.policy.Owner }

// missing plans a connector that is not there.
func (policy Policy) missing(w Connector) Step {
	s := Step{Name: w.Name, Action: Create, Source: w.Source, Class: w.Config["connector.class"], To: w.State, hide: w.secrets}
	s.config = maps.Clone(w.Config)
	if own := policy.ownerOf(w.Config); own != "" {
		s.config[OwnerKey] = own
	}
	s.Changes = connect.Diff(nil, s.config)
	return s
}

// unwanted plans a connector that no file wants.
func (policy Policy) unwanted(name string, now connect.Expanded) Step {
	s := Step{Name: name, Action: LeftAlone, Class: now.Info.Config["connector.class"], live: now.Info.Config, From: stateOf(now)}
	switch theirs := owner(now); {
	case theirs == "":
		s.Reason = "it carries no owner"
	case theirs != policy.Owner:
		s.Reason = fmt.Sprintf("it carries the owner %q", theirs)
	case slices.Contains(policy.WithoutOwner, s.Class):
		s.Reason = "its class is one that is never pruned"
	case !policy.Prune:
		s.Reason = "no file wants it; pruning would delete it"
	default:
		s.Action = Delete
		s.Changes = nil
	}
	return s
}

// ownerOf is the owner that is written to a connector; "" for none.
func (policy Policy) ownerOf(config map[string]string) string {
	if slices.Contains(policy.WithoutOwner, config["connector.class"]) {
		return ""
	}
	return policy.Owner
}

// stateOf is the state Connect shows, in lower case.
func stateOf(now connect.Expanded) State {
	return State(strings.ToLower(now.Status.Connector.State))
}
