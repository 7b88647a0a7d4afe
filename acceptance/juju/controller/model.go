package controller

// What the controller knows. One lock guards all of it, one condition tells that
// anything changed.

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/juju/juju/core/life"
	"github.com/juju/juju/rpc/params"
)

const (
	modelName = "test"
	version   = "3.6.11"
)

// Options say how the model behaves.
type Options struct {
	// Dir is where agents have their folders. Keep it short: a unix socket's path
	// ends at 108 bytes.
	Dir string
	// Jujuc is the program behind the hook tools.
	Jujuc string
	// NoRetry leaves a failed hook alone until Resolve, as the model option
	// automatically-retry-hooks=false does. By default, it runs again after half a
	// second, then a second and so on.
	NoRetry bool
	// Lease is for how long a unit claims to lead: it has to renew the claim, and
	// does at half of this. By default there are no leases, and who leads does so
	// until [Model.Lead] says otherwise or the unit is gone.
	Lease time.Duration
	// Start starts a unit's agent on a connection, which the model closes when the
	// agent has ended. By default, it runs in this process.
	Start func(unit string, c *Connection) (Agent, error)
}

// Model is one model with the agents of its units.
type Model struct {
	options     Options
	files       files
	modelConfig map[string]any
	handlers    map[string]handler

	mu        sync.Mutex
	changed   *sync.Cond
	closed    bool
	apps      map[string]*app
	units     map[string]*unit
	relations []*relation
	secrets   []*secret
	actions   map[string]*action
	watchers  map[string]*watcher
	refused   map[string]int      // requests to fail, and how often
	trouble   []string            // what should not have happened
	ended     map[string][]string // hooks of units that are gone
	nextID    map[string]int
	lastCall  time.Time
	agents    sync.WaitGroup
}

type app struct {
	name     string
	remote   bool // without a charm and without agents
	archive  string
	charmURL string
	revision int
	config   map[string]any
	options  map[string]any // the charm's defaults
	life     life.Value
	version  int // of the document that Watch watches
	leader   string
	runsOut  *time.Timer // the leader's lease, nil without one
	status   params.StatusResult
	data     map[string]map[string]string // what scripted units write, by unit

	resources map[string]resource
}

type unit struct {
	name     string
	app      *app
	address  string
	life     life.Value
	resolved params.ResolvedMode
	charmURL string
	status   params.StatusResult
	agent    params.StatusResult
	workload string
	state    params.UnitStateResult
	version  int
	hooks    []string // those not told of yet
	running  Agent    // nil before it has started, and once it has ended
	lost     bool     // the agent was killed
	ticks    int      // how often update-status has come due
	due      bool     // it has yet to run
}

type relation struct {
	id        int
	key       string
	endpoints []params.Endpoint
	scope     map[string]bool
	settings  map[string]params.Settings // by unit and by application
	versions  map[string]int64
	life      life.Value
}

type action struct {
	id, name, unit string
	params         map[string]any
	status         string
	results        map[string]any
	message        string
}

// Refused gives what refuse counts: a request that is answered with an error.
const (
	RequestConfig = "ConfigSettings"    // what config-get asks
	RequestFlush  = "CommitHookChanges" // the end of a hook that exited 0
)

func (m *Model) next(kind string) int {
	n := m.nextID[kind]
	m.nextID[kind]++
	return n
}

// do changes the model and tells everybody who waits.
func (m *Model) do(change func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.changed.Broadcast()
	m.lastCall = now() // agents have yet to hear of it
	return change()
}

// doApp is do for what happens to an application.
func (m *Model) doApp(name string, change func(*app) error) error {
	return m.do(func() error {
		a, err := m.app(name)
		if err != nil {
			return err
		}
		return change(a)
	})
}

// doUnit is do for what happens to a unit.
func (m *Model) doUnit(name string, change func(*unit) error) error {
	return m.do(func() error {
		u, err := m.unit(name)
		if err != nil {
			return err
		}
		return change(u)
	})
}

func (m *Model) app(name string) (*app, error) {
	if a := m.apps[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("application %q not found", name)
}

func (m *Model) unit(name string) (*unit, error) {
	if u := m.units[name]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("unit %q not found", name)
}

func appOf(unit string) string {
	name, _, _ := strings.Cut(unit, "/")
	return name
}

// mine is the application's own end of a relation, nil if it has none.
func (r *relation) mine(app string) *params.Endpoint {
	for i := range r.endpoints {
		if r.endpoints[i].ApplicationName == app {
			return &r.endpoints[i]
		}
	}
	return nil
}

// other is the other end; of a peer relation, the same.
func (r *relation) other(app string) *params.Endpoint {
	for i := range r.endpoints {
		if r.endpoints[i].ApplicationName != app {
			return &r.endpoints[i]
		}
	}
	return &r.endpoints[0]
}

// write merges changes into a writer's settings; an empty value deletes.
func (r *relation) write(writer string, changes map[string]string) {
	if r.settings[writer] == nil {
		r.settings[writer] = params.Settings{}
	}
	different := false
	for k, v := range changes {
		if old, found := r.settings[writer][k]; old == v && (found || v == "") {
			continue
		}
		different = true
		if v == "" {
			delete(r.settings[writer], k)
		} else {
			r.settings[writer][k] = v
		}
	}
	if different {
		r.versions[writer]++
	}
}

// enter puts a unit into the relation's scope, with the data every unit has.
func (r *relation) enter(u *unit) {
	r.scope[u.name] = true
	r.versions[u.name]++
	r.write(u.name, map[string]string{
		"private-address": u.address, "ingress-address": u.address, "egress-subnets": u.address + "/32",
	})
}

// reap drops relations that are dying and that every unit has left.
func (m *Model) reap() {
	var kept []*relation
	for _, r := range m.relations {
		empty := true
		for _, in := range r.scope {
			empty = empty && !in
		}
		if r.life == life.Alive || !empty {
			kept = append(kept, r)
		}
	}
	m.relations = kept
}
