// Package agent runs Juju's own unit agent, the uniter worker of 3.6.11, against
// whatever answers its API: a model in the same process, or one behind a socket.
package agent

import (
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
	"github.com/juju/juju/api/base"
	"github.com/juju/juju/core/leadership"
	"github.com/juju/juju/core/machinelock"
	"github.com/juju/juju/core/model"
	corewatcher "github.com/juju/juju/core/watcher/watchertest"
	"github.com/juju/juju/downloader"
	"github.com/juju/juju/internal/worker/fortress"
	"github.com/juju/juju/internal/worker/uniter"
	unitercharm "github.com/juju/juju/internal/worker/uniter/charm"
	"github.com/juju/juju/internal/worker/uniter/operation"
	"github.com/juju/juju/internal/worker/uniter/remotestate"
	"github.com/juju/juju/internal/worker/uniter/runner"
	"github.com/juju/juju/rpc/params"
	"github.com/juju/juju/secrets"
)

// Options say whose agent it is.
type Options struct {
	// Unit is its name, such as "connect/0".
	Unit string
	// Dir is where agents have their folders. Keep it short: a unix socket's path
	// ends at 108 bytes.
	Dir string
	// Jujuc is the program behind the hook tools.
	Jujuc string
	// NoRetry leaves a failed hook alone until it is resolved. By default, it runs
	// again after half a second, then a second and so on.
	NoRetry bool
	// Lease is how long the unit leads by a claim, which it renews at half of that,
	// by Juju's own tracker. By default the controller says who leads.
	Lease time.Duration
	// Call asks the controller; where there is an API, only for what an agent has from
	// elsewhere, see [Facade].
	Call Call
	// API is the connection to a controller of Juju's own. By default Call answers.
	API base.APICaller
	// Charms fetches the charm's file from that controller.
	Charms unitercharm.Downloader
}

// api is what Juju's clients sit on, and where charms come from.
func (o Options) api() (base.APICaller, unitercharm.Downloader) {
	if o.API != nil {
		return o.API, o.Charms
	}
	return &connection{call: o.Call}, download{o.Call}
}

// Start starts the agent. Its Wait returns when the unit is gone, too.
func Start(o Options) (worker.Worker, error) {
	tag := names.NewUnitTag(o.Unit)
	folder := tools.ToolsDir(o.Dir, tag.String())
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the tools' folder of %s: %w", o.Unit, err)
	}
	for _, name := range []string{"jujuc", "jujud"} {
		// An agent that starts again finds them.
		if err := os.Symlink(o.Jujuc, filepath.Join(folder, name)); err != nil && !os.IsExist(err) {
			return nil, fmt.Errorf("cannot place the tools of %s: %w", o.Unit, err)
		}
	}
	p, err := uniterParams(o, tag)
	if err != nil {
		return nil, fmt.Errorf("cannot start the agent of %s: %w", o.Unit, err)
	}
	leads := leadershipOf(o, tag)
	p.LeadershipTrackerFunc = func(names.UnitTag) leadership.Tracker { return leads }
	w, err := uniter.NewUniter(p)
	if err != nil {
		return nil, fmt.Errorf("cannot start the agent of %s: %w", o.Unit, err)
	}
	return together(w, leads), nil
}

func uniterParams(o Options, tag names.UnitTag) (*uniter.UniterParams, error) {
	c, charms := o.api()
	resources, err := apiuniter.NewResourcesFacadeClient(c, tag)
	if err != nil {
		return nil, err
	}
	signal, err := newUpdateStatus(o.Call)
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
		SecretRotateWatcherFunc: silent,
		SecretExpiryWatcherFunc: silent,
		DataDir:                 o.Dir,
		Downloader:              charms,
		MachineLock:             &machineLock{},
		CharmDirGuard:           guard{},
		UpdateStatusSignal:      func(time.Duration) remotestate.Waiter { return signal },
		HookRetryStrategy: params.RetryStrategy{ShouldRetry: !o.NoRetry,
			MinRetryTime: 500 * time.Millisecond, MaxRetryTime: 2 * time.Second, RetryTimeFactor: 2},
		NewOperationExecutor: operation.NewExecutor,
		NewDeployer:          unitercharm.NewDeployer,
		NewProcessRunner:     runner.NewRunner,
		TranslateResolverErr: uniter.TranslateFortressErrors,
		Clock:                clock.WallClock,
		RebootQuerier:        noReboot{},
		Observer:             observer{o.Call},
		Logger:               loggo.GetLogger("juju.worker.uniter"),
	}, nil
}

// observer tells the controller which hooks ran.
type observer struct{ call Call }

func (o observer) HookCompleted(hook string) { o.tell("ok " + hook) }
func (o observer) HookFailed(hook string)    { o.tell("FAIL " + hook) }

// tell is in vain where the controller is gone, and so is the agent then.
func (o observer) tell(line string) { _ = o.call.ask(Ran, line, nil) }

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

// download hands the agent its application's charm.
type download struct{ call Call }

func (d download) Download(r downloader.Request) (string, error) {
	var archive string
	if err := d.call.ask(Archive, nil, &archive); err != nil {
		return "", err
	}
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
