// What one unit agent remembers between hooks. The names follow Juju's uniter, so that its source and this can be
// read side by side.

package charmtest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

type agentState struct {
	installed, started, stopped bool
	leader                      bool // has been told so by leader-elected
	settingsVer                 int  // of leader-set, as last told
	charmVersion                int
	configSeen                  string // hash of options, trust and address, as the last config-changed had them
	updateStatus                bool   // an update-status is due
	statusSet                   bool   // the charm has set its own status at least once
	running                     bool

	queued  *hookInfo // must run next
	failed  *hookInfo // ran and failed: the unit is in error
	resolve resolution
	retries int
	retryAt time.Time

	relations map[int]*relationState
	actions   []*action
	secretsIn []*hookInfo // secret hooks that are due
}

type resolution int

const (
	unresolved resolution = iota
	resolveRetry
	resolveSkip
)

// relationState is what the agent has told the charm of one relation.
type relationState struct {
	created        bool
	members        map[string]int // unit -> version of its data, as last told
	applications   map[string]int
	changedPending string // joined has run: changed must be next
}

func newRelationState() *relationState {
	return &relationState{members: map[string]int{}, applications: map[string]int{}}
}

// hookInfo says which hook to run and about what.
type hookInfo struct {
	kind       string // "install", "relation-changed", "action", ...
	relation   *relation
	endpoint   string
	remoteApp  string
	remoteUnit string
	departing  string
	version    int // of the remote data
	action     *action
	secret     *secret
	label      string
	revision   int
	configHash string
	charm      int
}

// name is what the charm sees: db-relation-changed.
func (h *hookInfo) name() string {
	switch {
	case h.kind == "action":
		return h.action.name
	case strings.HasPrefix(h.kind, "relation-"):
		return h.endpoint + "-" + h.kind
	}
	return h.kind
}

func (h *hookInfo) isRelation() bool { return h.relation != nil && h.kind != "action" }

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

func union(a, b map[string]int) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]int{}
	}
	maps.Copy(all, b)
	return sortedKeys(all)
}
