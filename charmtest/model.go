// The model itself: what the controller would hold, and how it begins and ends.

package charmtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// Model is one Juju model with its applications, units and relations, and the agents that run their hooks.
type Model struct {
	opt   Options
	dir   string
	tools *toolbox
	rpc   *server

	mu        sync.Mutex // guards everything below; never held while a charm's process or a test's callback runs
	idle      *sync.Cond // told when an agent finished something, for Settle with Concurrent
	apps      []*application
	relations []*relation
	secrets   []*secret
	contexts  map[string]*hookContext
	journal   []*Hook
	actions   map[string]*action
	nextRel   int
	nextID    int // actions, secrets, contexts and addresses count on their own
	nextCtx   int
	nextSec   int
	nextAddr  int
	calls     int
	offset    time.Duration
	closed    bool
}

type life int

const (
	alive life = iota
	dying
	gone
)

type application struct {
	name      string
	charm     *charmdir.Charm // nil for a scripted application
	store     string          // the charm as the controller keeps it
	forced    bool            // the last Refresh was with ForceUnits
	version   int             // goes up with each Refresh and each new resource
	config    map[string]any  // what was set; the rest are the charm's defaults
	trust     bool
	resources map[string]string
	leader    string
	settings  map[string]string // leader-set
	setVer    int
	status    status
	units     []*unit
	nextUnit  int
	life      life
	remote    *RemoteApp
}

type unit struct {
	name    string
	app     *application
	number  int
	life    life
	address string
	dir     string
	machine string

	workload status
	agent    status
	version  string // of the workload
	state    map[string]string
	ports    map[string][]portRange
	tracked  map[string]*tracking // secret id -> what this unit uses of it

	local agentState
}

type status struct {
	kind, message string
	since         time.Time
}

// New makes an empty model. Close must be called in the end.
func New(opt Options) (*Model, error) {
	m := &Model{opt: opt.withDefaults(), contexts: map[string]*hookContext{}, actions: map[string]*action{}}
	m.idle = sync.NewCond(&m.mu)
	if err := m.makeDir(); err != nil {
		return nil, err
	}
	rpc, err := serve(m, filepath.Join(m.dir, "agent.socket"))
	if err != nil {
		_ = os.RemoveAll(m.dir)
		return nil, fmt.Errorf("cannot start model %q: %w", m.opt.Name, err)
	}
	m.rpc = rpc
	m.tools, err = makeTools(m.opt, m.dir, rpc.address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start model %q: %w", m.opt.Name, err), m.Close())
	}
	return m, nil
}

// longestDir leaves room for the socket's name within the 108 bytes of a unix socket's address.
const longestDir = 80

func (m *Model) makeDir() error {
	if m.opt.Dir != "" {
		abs, err := filepath.Abs(m.opt.Dir)
		if err != nil {
			return fmt.Errorf("cannot use folder %q for a model: %w", m.opt.Dir, err)
		}
		if len(abs) > longestDir {
			return fmt.Errorf("cannot use folder %q for a model: its path is longer than %d bytes", abs, longestDir)
		}
		m.dir = abs
		return os.MkdirAll(abs, 0o755)
	}
	parent := os.TempDir()
	if len(parent) > longestDir-16 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "model-")
	if err != nil {
		return fmt.Errorf("cannot make a folder for a model: %w", err)
	}
	m.dir = dir
	return os.Chmod(dir, 0o755)
}

// Close ends every process the model's hooks started and removes its folder. Calling it again does nothing.
func (m *Model) Close() error {
	m.mu.Lock()
	closed := m.closed
	m.closed = true
	running := make([]*hookContext, 0, len(m.contexts))
	for _, c := range m.contexts {
		running = append(running, c)
	}
	m.idle.Broadcast()
	m.mu.Unlock()
	if closed {
		return nil
	}
	for _, c := range running {
		c.kill()
	}
	m.rpc.close()
	killStrays("JUJU_CHARM_DIR=" + m.dir + "/")
	if m.opt.Dir != "" {
		return nil
	}
	if err := os.RemoveAll(m.dir); err != nil {
		return fmt.Errorf("cannot remove the folder of model %q: %w", m.opt.Name, err)
	}
	return nil
}

// Now is the time in the model: the real one, plus the waiting for retries that Settle passed over.
func (m *Model) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now()
}

func (m *Model) now() time.Time { return time.Now().Add(m.offset) }

// UUID is the model's UUID.
func (m *Model) UUID() string { return m.opt.UUID }

// Dir is the folder of the model's agents.
func (m *Model) Dir() string { return m.dir }

func (m *Model) app(name string) (*application, error) {
	for _, a := range m.apps {
		if a.name == name && a.life != gone {
			return a, nil
		}
	}
	return nil, fmt.Errorf("application %q not found", name)
}

func (m *Model) unit(name string) (*unit, error) {
	for _, a := range m.apps {
		for _, u := range a.units {
			if u.name == name {
				return u, nil
			}
		}
	}
	return nil, fmt.Errorf("unit %q not found", name)
}

func (m *Model) newAddress() string {
	m.nextAddr++
	return fmt.Sprintf("10.0.%d.%d", m.nextAddr/250, m.nextAddr%250+1)
}

func (m *Model) setStatus(s *status, kind, message string) {
	*s = status{kind: kind, message: message, since: m.now()}
}

// settings are the application's options as its units read them: defaults, and over them what was set.
func (a *application) currentConfig() map[string]any {
	out := map[string]any{}
	if a.charm == nil {
		return out
	}
	for name, value := range a.charm.Defaults() {
		out[name] = value
	}
	for name, value := range a.config {
		if _, known := out[name]; known {
			out[name] = value
		}
	}
	return out
}

// elect gives leadership to the first unit that can hold it, when nobody does.
func (a *application) elect() {
	if slices.ContainsFunc(a.units, func(u *unit) bool { return u.name == a.leader }) {
		return
	}
	a.leader = ""
	for _, u := range a.units {
		if u.life == alive {
			a.leader = u.name
			return
		}
	}
}
