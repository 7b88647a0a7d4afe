package controller

// Juju's uniter worker, started for each unit as its agent starts it.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/juju/clock"
	"github.com/juju/loggo"
	"github.com/juju/names/v5"
	"github.com/juju/worker/v3"

	"github.com/juju/juju/agent/tools"
	"github.com/juju/juju/api/agent/secretsmanager"
	apiuniter "github.com/juju/juju/api/agent/uniter"
	"github.com/juju/juju/core/leadership"
	"github.com/juju/juju/core/machinelock"
	"github.com/juju/juju/core/model"
	corewatcher "github.com/juju/juju/core/watcher/watchertest"
	"github.com/juju/juju/downloader"
	"github.com/juju/juju/environs/config"
	"github.com/juju/juju/internal/worker/fortress"
	"github.com/juju/juju/internal/worker/uniter"
	unitercharm "github.com/juju/juju/internal/worker/uniter/charm"
	"github.com/juju/juju/internal/worker/uniter/operation"
	"github.com/juju/juju/internal/worker/uniter/remotestate"
	"github.com/juju/juju/internal/worker/uniter/runner"
	"github.com/juju/juju/rpc/params"
	"github.com/juju/juju/secrets"
)

func now() time.Time { return time.Now() }

// New makes an empty model. Close must be called in the end.
func New(options Options) (*Model, error) {
	c, err := config.New(config.UseDefaults, map[string]any{"name": modelName, "type": "manual", "uuid": modelUUID,
		"agent-version": version, "authorized-keys": "none", "firewall-mode": "none"})
	if err != nil {
		return nil, fmt.Errorf("cannot make a model: %w", err)
	}
	m := &Model{options: options, modelConfig: c.AllAttrs(), apps: map[string]*app{}, units: map[string]*unit{},
		actions: map[string]*action{}, watchers: map[string]*watcher{}, refused: map[string]int{}, nextID: map[string]int{}}
	m.changed = sync.NewCond(&m.mu)
	m.handlers = m.makeHandlers()
	return m, nil
}

// Close stops every agent and waits for it.
func (m *Model) Close() error {
	m.mu.Lock()
	var stops []func() error
	for _, u := range m.units {
		if u.agentEnd != nil {
			stops = append(stops, u.agentEnd)
		}
	}
	m.closed = true
	m.changed.Broadcast()
	m.mu.Unlock()
	var failed []error
	for _, stop := range stops {
		if err := stop(); err != nil && !isStopped(err) {
			failed = append(failed, err)
		}
	}
	m.agents.Wait()
	return errors.Join(failed...)
}

// isStopped is for the error of an agent whose watchers ended before it did.
func isStopped(err error) bool { return params.IsCodeStopped(err) }

func (m *Model) startAgent(u *unit) error {
	tag := names.NewUnitTag(u.name)
	folder := tools.ToolsDir(m.options.Dir, tag.String())
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot make the tools' folder of %s: %w", u.name, err)
	}
	for _, name := range []string{"jujuc", "jujud"} {
		if err := os.Symlink(m.options.Jujuc, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("cannot place the tools of %s: %w", u.name, err)
		}
	}
	p, err := m.uniterParams(u, tag)
	if err != nil {
		return fmt.Errorf("cannot start the agent of %s: %w", u.name, err)
	}
	agent, err := uniter.NewUniter(p)
	if err != nil {
		return fmt.Errorf("cannot start the agent of %s: %w", u.name, err)
	}
	u.agentEnd = func() error { return worker.Stop(agent) }
	m.agents.Go(func() {
		err := agent.Wait()
		_ = m.do(func() error {
			if u.life != "dead" && !m.closed {
				m.trouble = append(m.trouble, fmt.Sprintf("the agent of %s ended: %v", u.name, err))
			}
			m.bury(u)
			return nil
		})
	})
	return nil
}

func (m *Model) uniterParams(u *unit, tag names.UnitTag) (*uniter.UniterParams, error) {
	c := &connection{m: m, unit: u.name}
	resources, err := apiuniter.NewResourcesFacadeClient(c, tag)
	if err != nil {
		return nil, err
	}
	secretsClient := secretsmanager.NewClient(c)
	silent := func(_ names.UnitTag, _ bool, changes chan []string) (worker.Worker, error) {
		return corewatcher.NewMockStringsWatcher(changes), nil
	}
	return &uniter.UniterParams{
		UniterFacade:            apiuniter.NewState(c, tag),
		ResourcesFacade:         resources,
		PayloadFacade:           apiuniter.NewPayloadFacadeClient(c),
		SecretsClient:           secretsClient,
		SecretsBackendGetter:    func() (secrets.BackendsClient, error) { return secrets.NewClient(secretsClient) },
		UnitTag:                 tag,
		ModelType:               model.IAAS,
		LeadershipTrackerFunc:   func(names.UnitTag) leadership.Tracker { return &tracker{m, u} },
		SecretRotateWatcherFunc: silent,
		SecretExpiryWatcherFunc: silent,
		DataDir:                 m.options.Dir,
		Downloader:              download{m, u.app},
		MachineLock:             &machineLock{},
		CharmDirGuard:           guard{},
		UpdateStatusSignal:      func(time.Duration) remotestate.Waiter { return never{} },
		HookRetryStrategy: params.RetryStrategy{ShouldRetry: !m.options.NoRetry,
			MinRetryTime: 500 * time.Millisecond, MaxRetryTime: 2 * time.Second, RetryTimeFactor: 2},
		NewOperationExecutor: operation.NewExecutor,
		NewDeployer:          unitercharm.NewDeployer,
		NewProcessRunner:     runner.NewRunner,
		TranslateResolverErr: uniter.TranslateFortressErrors,
		Clock:                clock.WallClock,
		RebootQuerier:        noReboot{},
		Observer:             observer{m, u},
		Logger:               loggo.GetLogger("juju.worker.uniter"),
	}, nil
}

// observer writes down the hooks that ran.
type observer struct {
	m *Model
	u *unit
}

func (o observer) HookCompleted(hook string) { o.add("ok " + hook) }
func (o observer) HookFailed(hook string)    { o.add("FAIL " + hook) }
func (o observer) add(line string) {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	o.u.hooks = append(o.u.hooks, line)
	o.m.lastCall = now()
}

// machineLock is one machine's, and every unit has a machine.
type machineLock struct{ sync.Mutex }

func (l *machineLock) Acquire(machinelock.Spec) (func(), error) { l.Lock(); return l.Unlock, nil }
func (l *machineLock) Report(...machinelock.ReportOption) (string, error) {
	return "", nil
}

type guard struct{}

func (guard) Unlock() error                 { return nil }
func (guard) Lockdown(fortress.Abort) error { return nil }

type noReboot struct{}

func (noReboot) Query(names.Tag) (bool, error) { return false, nil }

type never struct{}

func (never) After() <-chan time.Time { return nil }

// download hands the agent its application's charm.
type download struct {
	m *Model
	a *app
}

func (d download) Download(r downloader.Request) (string, error) {
	d.m.mu.Lock()
	archive := d.a.archive
	d.m.mu.Unlock()
	content, err := os.ReadFile(archive)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(r.TargetDir, 0o755); err != nil {
		return "", err
	}
	target := filepath.Join(r.TargetDir, "download.charm")
	return target, os.WriteFile(target, content, 0o644)
}
