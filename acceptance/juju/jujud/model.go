package jujud

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
	"github.com/juju/juju/api"
	"github.com/juju/juju/api/client/action"
	"github.com/juju/juju/core/lease"
	"github.com/juju/juju/state"
)

// Model is the controller's model with the agents of its units. It answers to the
// same steps as [controller.Model], which it is in place of.
type Model struct {
	options  controller.Options
	fixture  *fixture
	state    *state.State
	stopping chan struct{}
	running  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	units    map[string]*unit
	remotes  map[string]*remote
	refused  map[string]int
	heir     string // see lead
	trouble  []string
	ended    map[string][]string // hooks of units that are gone
	asking   int                 // requests under way
	lastCall time.Time
}

// leaseTime is for how long units claim to lead. Juju allows no less than 5 s.
const leaseTime = 5 * time.Second

// New bootstraps a controller. Close must be called in the end.
func New(options controller.Options) (*Model, error) {
	f, err := startFixture()
	if err != nil {
		return nil, err
	}
	if options.Lease == 0 {
		options.Lease = leaseTime
	}
	m := &Model{options: options, fixture: f, state: f.model, stopping: make(chan struct{}), units: map[string]*unit{},
		remotes: map[string]*remote{}, refused: map[string]int{}, ended: map[string][]string{}}
	m.running.Go(m.work)
	return m, nil
}

// Close stops every agent, then the controller.
func (m *Model) Close() error {
	m.mu.Lock()
	m.closed = true
	all := m.sorted()
	m.mu.Unlock()
	var failed []error
	for _, u := range all {
		failed = append(failed, u.stop())
	}
	close(m.stopping)
	m.running.Wait()
	return errors.Join(append(failed, m.fixture.close())...)
}

// Play plays a step, without waiting for what comes of it. It gives the number of
// an action.
func (m *Model) Play(s controller.Step) (number string, err error) {
	switch s.Do {
	case "look":
	case "told":
		m.Told()
	case "deploy":
		err = m.deploy(s)
	case "remote":
		err = m.remote(s.App, s.Data)
	case "write":
		err = m.write(s.App, s.Data)
	case "integrate":
		err = m.integrate(s.One, s.Two)
	case "remove-relation":
		_, err = m.juju("remove-relation", s.One, s.Two)
	case "configure":
		var file string
		if file, err = m.configFile(s.App, s.Config); err == nil {
			_, err = m.juju("config", s.App, "--file", file)
		}
	case "add-unit":
		if _, err = m.juju("add-unit", s.App); err == nil {
			err = m.startUnits(s.App)
		}
	case "remove-unit":
		_, err = m.juju("remove-unit", "--no-prompt", s.Unit)
	case "remove-application":
		if _, err = m.juju("remove-application", "--no-prompt", s.App); err == nil {
			err = m.cleanup() // at once, so that units know that they go before they leave a relation
		}
	case "lead":
		err = m.lead(s.App, s.Unit)
	case "kill-agent":
		err = m.killAgent(s.Unit)
	case "start-agent":
		err = m.startAgent(s.Unit)
	case "update-status":
		err = m.updateStatus(s.App)
	case "refresh":
		_, err = m.juju("refresh", s.App, "--path", s.Charm)
	case "attach":
		_, err = m.juju("attach-resource", s.App, s.Resource+"="+s.File)
	case "secret":
		err = m.secret(s.App, s.One, s.Two, s.Data[0])
	case "resolve":
		_, err = m.juju("resolve", s.Unit)
	case "refuse":
		err = m.refuse(s.Refuse, s.Times)
	case "action":
		return m.act(s.Unit, s.Action, s.Params)
	default:
		err = fmt.Errorf("cannot do %q: no such step", s.Do)
	}
	return "", err
}

func (m *Model) deploy(s controller.Step) error {
	args := []string{s.Charm, s.App, "-n", fmt.Sprint(max(s.Units, 1))}
	if len(s.Config) > 0 {
		file, err := m.configFile(s.App, s.Config)
		if err != nil {
			return err
		}
		args = append(args, "--config", file)
	}
	if _, err := m.juju("deploy", args...); err != nil {
		return err
	}
	return m.startUnits(s.App)
}

// Juju runs a command, "deploy" say, and does nothing for units that come of it.
func (m *Model) Juju(command string, args ...string) error {
	_, err := m.juju(command, args...)
	return err
}

func (m *Model) secret(application, option, name string, content map[string]string) error {
	var args []string
	for key, text := range content {
		args = append(args, key+"="+text)
	}
	slices.Sort(args)
	uri, err := m.juju("add-secret", append([]string{name}, args...)...)
	if err != nil {
		if strings.Contains(err.Error(), "already exists") {
			_, err = m.juju("update-secret", append([]string{name}, args...)...)
		}
		return err
	}
	if _, err := m.juju("grant-secret", name, application); err != nil {
		return err
	}
	_, err = m.juju("config", application, option+"="+strings.TrimSpace(uri))
	return err
}

// act is `juju run --background`.
func (m *Model) act(unit, name string, parameters map[string]any) (string, error) {
	c, err := m.connect(m.apiInfo())
	if err != nil {
		return "", err
	}
	defer c.Close()
	queued, err := action.NewClient(c).EnqueueOperation([]action.Action{
		{Receiver: "unit-" + strings.Replace(unit, "/", "-", 1), Name: name, Parameters: parameters}})
	m.touch()
	if err != nil {
		return "", err
	}
	one := queued.Actions[0]
	if one.Error != nil {
		return "", one.Error
	}
	return one.Action.ID, nil
}

// leaders are the units that lead, by application.
func (m *Model) leaders() (map[string]string, error) {
	reader, err := m.fixture.LeaseManager.Reader(lease.ApplicationLeadershipNamespace, m.state.ModelUUID())
	if err != nil {
		return nil, err
	}
	return reader.Leases()
}

// lead takes the lease from its holder, and has all other units' claims wait until that
// one has it.
func (m *Model) lead(application, unit string) error {
	revoker, err := m.fixture.LeaseManager.Revoker(lease.ApplicationLeadershipNamespace, m.state.ModelUUID())
	if err != nil {
		return err
	}
	leaders, err := m.leaders()
	if err != nil || leaders[application] == unit {
		return err
	}
	m.setHeir(unit)
	defer m.setHeir("")
	if err := revoker.Revoke(application, leaders[application]); err != nil {
		return err
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		leaders, err := m.leaders()
		switch {
		case err != nil || leaders[application] == unit:
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("cannot make %s the leader: it has not claimed the lease", unit)
		}
	}
}

// setHeir says which unit alone may claim a lease; empty stands for any.
func (m *Model) setHeir(unit string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heir, m.lastCall = unit, time.Now()
}

// refusable are the requests that a step can refuse, by what it calls them.
var refusable = map[string]string{"config-get": controller.RequestConfig, "flush": controller.RequestFlush}

func (m *Model) refuse(what string, times int) error {
	request, known := refusable[what]
	if !known {
		return fmt.Errorf("cannot refuse %q", what)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused[request] = times
	return nil
}

// touch notes that something has happened of which agents have yet to hear.
func (m *Model) touch() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastCall = time.Now()
}

// connect logs in. The caller closes it.
func (m *Model) connect(info *api.Info) (api.Connection, error) {
	return api.Open(info, api.DefaultDialOpts())
}
