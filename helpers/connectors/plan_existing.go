package connectors

// The rules for a connector that is there and that a file wants.

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// internalKeys are written by some distributions' servers themselves.
const internalKeys = "__internal.*"

// existing plans a connector that is there.
func (policy Policy) existing(w Connector, now connect.Expanded) Step {
	s := Step{
		Name: w.Name, Action: Unchanged, Source: w.Source, Class: w.Config["connector.class"],
		From: stateOf(now), To: w.State, Health: withoutSecrets(ailment(now), w.secrets), live: now.Info.Config, failed: hasFailed(now),
		hide: w.secrets,
	}
	theirs := owner(now)
	if theirs != "" && theirs != policy.Owner && !policy.TakeOver {
		s.Action = Conflict
		s.Reason = fmt.Sprintf("it carries the owner %q", theirs)
		return s
	}
	policy.compare(&s, w, theirs)
	s.move = moveTo(s.From, s.To)
	if s.From == failedState && s.To == Paused && s.Action == Unchanged {
		s.Action, s.move = Conflict, ""
		s.Reason = "it has failed, and Connect pauses only what runs: stop it, or restart it first"
	}
	if s.Action == Unchanged && s.move != "" {
		s.Action = s.move
	}
	return s
}

// compare finds what differs in the configuration, and whether the owner is to
// be written.
func (policy Policy) compare(s *Step, w Connector, theirs string) {
	ignore := append(slices.Clone(policy.IgnoreKeys), internalKeys)
	bare := maps.Clone(s.live)
	delete(bare, OwnerKey)
	s.Changes = connect.Diff(bare, w.Config, ignore...)
	s.config = keptFrom(s.live, w.Config, ignore)

	own := policy.ownerOf(w.Config)
	if own != "" {
		s.config[OwnerKey] = own
	}
	taken := theirs != "" && theirs != policy.Owner // and may be: existing has asked
	switch {
	case len(s.Changes) > 0:
		s.Action = Update
	case own != theirs && (taken || theirs == "" && policy.Adopt):
		s.Action = Adopt
	default:
		return
	}
	if own != theirs {
		s.Changes = append(s.Changes, ownerChange(theirs, own))
		slices.SortFunc(s.Changes, func(a, b connect.Change) int { return strings.Compare(a.Key, b.Key) })
	}
}

func ownerChange(before, after string) connect.Change {
	change := connect.Change{Key: OwnerKey}
	if before != "" {
		change.Old = &before
	}
	if after != "" {
		change.New = &after
	}
	return change
}

// keptFrom is a file's configuration with the values of ignored keys as they
// are live: what is no difference must not become one by the write. A masked
// value is not known, so the file's stands.
func keptFrom(live, wanted map[string]string, ignore []string) map[string]string {
	config := maps.Clone(wanted)
	delete(config, OwnerKey)
	for key, value := range live {
		ignored := slices.ContainsFunc(ignore, func(pattern string) bool {
			ok, err := path.Match(pattern, key)
			return ok && err == nil || pattern == key
		})
		if ignored && key != OwnerKey && key != "name" && !connect.Masked(value) {
			config[key] = value
		}
	}
	return config
}

// failedState is the state of a connector that has failed, in lower case.
const failedState State = "failed"

// moveTo is what brings a connector from one state to another; "" for nothing.
// What has failed, is being restarted or has no worker yet is on its way to
// running, or would be.
func moveTo(from, to State) Action {
	switch {
	case from == to:
	case to == Stopped:
		return Stop
	case to == Paused:
		return Pause
	case from == Paused, from == Stopped:
		return Resume
	}
	return ""
}
