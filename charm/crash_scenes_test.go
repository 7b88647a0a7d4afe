package charm_test

// The life that TestCrash plays again and again, scene by scene, and what is
// compared when a scene is over.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charm/internal/fault"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// scene is one step of an operator. Its play does not settle, but for actions.
type scene struct {
	name  string
	play  func(*crashLife) error
	bytes bool // all that was written into the source has arrived when it is over
}

func crashScenes() []scene {
	return []scene{
		{"deploy", (*crashLife).deploy, false},
		{"integrate Kafka", (*crashLife).integrate, true},
		{"override worker-config", configure("worker-config", "offset.flush.interval.ms=1234"), true},
		{"scale to two workers", configure("workers", 2), true},
		{"change a connector", func(l *crashLife) error {
			l.to += ".new"
			return l.w.Configure("connect", map[string]any{"sink-file": l.to})
		}, true},
		{"attach connectors", (*crashLife).attach, true},
		{"pause by action", act("pause-connector"), false},
		// From here on the sink is paused, and stays it: whatever comes.
		{"kill the leader", (*crashLife).killLeader, false},
		{"lose Kafka", func(l *crashLife) error {
			return l.w.RemoveRelation("connect:kafka", "kafka:client")
		}, false},
		{"find Kafka again", (*crashLife).integrate, false},
		{"resume by action", act("resume-connector"), true},
		{"remove the application", func(l *crashLife) error {
			return l.w.RemoveApplication("connect")
		}, false},
	}
}

// crashLife is a world with the struck charm in it.
type crashLife struct {
	w        *world.World
	folder   fault.Folder
	dir      string
	charm    string
	from, to string
	lines    int      // written in all
	pending  []string // those that nobody has seen arrive

	mu      sync.Mutex
	deposes bool      // the armed target wants another leader
	deposed bool      // it got one
	flush   fault.Way // what comes of the flush that is under way
}

func newCrashLife(charm, dir string) (*crashLife, error) {
	l := &crashLife{folder: fault.Folder(dir), dir: dir, charm: charm, from: filepath.Join(dir, "from.txt"), to: filepath.Join(dir, "to.txt")}
	var err error
	l.w, err = world.Start(world.Options{Model: charmtest.Options{
		Env: map[string]string{fault.Variable: dir}, Before: l.before, After: l.after, Log: l.ended,
	}})
	return l, err
}

func (l *crashLife) close(t *testing.T) {
	if err := l.w.Close(); err != nil {
		t.Error(err)
	}
}

// before and after strike the commit, which is the agent's work and not the charm's.
func (l *crashLife) before(call charmtest.ToolCall) charmtest.Verdict {
	if call.Tool != charmtest.Flush {
		return charmtest.Proceed
	}
	way, err := l.folder.Meet("juju: commit " + call.Hook)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush = way
	switch way {
	case fault.KillBefore:
		return charmtest.Kill
	case fault.Fail:
		return charmtest.Fail
	}
	return charmtest.Proceed
}

func (l *crashLife) after(call charmtest.ToolCall) charmtest.Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	way := l.flush
	l.flush = ""
	switch {
	case call.Tool != charmtest.Flush:
	case way == fault.KillAfter, way == fault.Depose:
		return charmtest.Kill
	case way == fault.LoseAnswer:
		return charmtest.LoseAnswer
	}
	return charmtest.Proceed
}

// ended is told of every hook's end: the moment to give the lead to another unit.
func (l *crashLife) ended(string) {
	l.mu.Lock()
	depose := l.deposes && l.folder.Struck()
	if depose {
		l.deposes = false
	}
	l.mu.Unlock()
	if !depose {
		return
	}
	leader := l.w.Leader("connect")
	for _, unit := range l.w.Units("connect") {
		if unit != leader && l.w.SetLeader("connect", unit) == nil {
			l.mu.Lock()
			l.deposed = true
			l.mu.Unlock()
			return
		}
	}
}

func (l *crashLife) deploy() error {
	_, err := l.w.AddKafka("kafka")
	return errors.Join(err, l.w.Deploy("connect", l.charm, charmtest.DeployOptions{Units: 2, Config: map[string]any{
		"topics": "lines", "kubeconfig": l.w.Kubeconfig(), "source-file": l.from, "sink-file": l.to,
	}}))
}

func (l *crashLife) integrate() error {
	return l.w.Integrate("connect:kafka", "kafka:client")
}

// attach attaches a folder of two connectors, which share all else that comes.
func (l *crashLife) attach() error {
	file := filepath.Join(l.dir, "connectors.tgz")
	content, err := world.Pack(folderOf("a", "b"))
	return errors.Join(err, os.WriteFile(file, content, 0o600), l.w.AttachResource("connect", "connectors", file))
}

func configure(option string, value any) func(*crashLife) error {
	return func(l *crashLife) error {
		return l.w.Configure("connect", map[string]any{option: value})
	}
}

// act runs an action as an operator does: once more when it failed, since Juju
// does not run an action again by itself.
func act(action string) func(*crashLife) error {
	return func(l *crashLife) error {
		var result charmtest.ActionResult
		for range 2 {
			var err error
			result, err = l.w.RunAction(context.Background(), l.w.Leader("connect"), action, map[string]any{"name": "connect-sink"})
			if err != nil {
				return err
			}
			if result.Status == "completed" {
				return nil
			}
		}
		return fmt.Errorf("action %s failed twice: %s", action, result.Message)
	}
}

// killLeader takes the leader's machine away, and the operator adds a unit for it.
func (l *crashLife) killLeader() error {
	err := l.w.KillUnit(l.w.Leader("connect"))
	_, addErr := l.w.AddUnit("connect")
	return errors.Join(err, addErr)
}

// play plays one scene to its end: Juju runs what is due, and update-status
// comes by as it does every five minutes.
func (l *crashLife) play(ctx context.Context, s scene, target *fault.Target) error {
	if err := l.folder.Arm(target); err != nil {
		return err
	}
	l.mu.Lock()
	l.deposes = target != nil && target.Way == fault.Depose
	l.mu.Unlock()
	if err := s.play(l); err != nil {
		return err
	}
	if err := l.w.Settle(ctx); err != nil {
		return err
	}
	return l.updateStatus(ctx)
}

func (l *crashLife) updateStatus(ctx context.Context) error {
	if len(l.w.Units("connect")) == 0 {
		return nil
	}
	if err := l.w.UpdateStatus("connect"); err != nil {
		return err
	}
	return l.w.Settle(ctx)
}

// ending is the world when a scene is over, in a form that two lives can be
// compared in. What differs between two lives without being a difference is
// replaced: ports, folders, the hash in the name of a Secret (its content is
// compared), and which unit leads.
type ending struct {
	Units  map[string]world.Unit // "leader", "standby 1" …
	World  world.Snapshot        // without its units
	Pods   []string
	Groups []string
}

var (
	brokerPort = regexp.MustCompile(`127\.0\.0\.1:\d+|localhost:\d+`)
	secretHash = regexp.MustCompile(`(secrets/.*)-[0-9a-z]+$`)
)

func (l *crashLife) ending() (ending, error) {
	s, err := l.w.Snapshot()
	if err != nil {
		return ending{}, err
	}
	e := ending{Units: map[string]world.Unit{}, Groups: l.w.Groups()}
	standbys := 0
	for _, name := range slices.Sorted(maps.Keys(s.Units)) {
		unit := s.Units[name]
		role := "leader"
		if !unit.Leader {
			standbys++
			role = fmt.Sprintf("standby %d", standbys)
		}
		e.Units[role] = unit
	}
	s.Units = nil
	for i, object := range s.Objects {
		s.Objects[i] = secretHash.ReplaceAllString(object, "$1-HASH")
	}
	for _, properties := range s.Properties {
		l.level(properties)
	}
	for _, connector := range s.Connectors {
		l.level(connector.Config)
	}
	e.World = s
	pods, err := l.w.Kube.Objects("pods", "")
	if err != nil {
		return ending{}, err
	}
	for _, pod := range pods {
		meta, _ := pod["metadata"].(map[string]any)
		name, _ := meta["name"].(string)
		e.Pods = append(e.Pods, name)
	}
	slices.Sort(e.Pods)
	return e, nil
}

func (l *crashLife) level(values map[string]string) {
	for key, value := range values {
		values[key] = strings.ReplaceAll(brokerPort.ReplaceAllString(value, "BROKER"), l.dir, "DIR")
	}
}

// write adds a line to what the source reads, whether or not it runs now.
func (l *crashLife) write() error {
	l.lines++
	line := fmt.Sprintf("line %d\n", l.lines)
	l.pending = append(l.pending, line)
	f, err := os.OpenFile(l.from, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// arrive waits until every line written has arrived, once or more.
func (l *crashLife) arrive() error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		got, err := os.ReadFile(l.to)
		missing := slices.ContainsFunc(l.pending, func(line string) bool { return !strings.Contains(string(got), line) })
		if !missing {
			l.pending = nil
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%q did not all arrive in %s within ten seconds: it holds %q (%v)", l.pending, l.to, got, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// flow is the part of a scene that is about data: a line is written, and arrives
// where connectors run.
func (l *crashLife) flow(s scene) error {
	if err := l.write(); err != nil || !s.bytes {
		return err
	}
	return l.arrive()
}
