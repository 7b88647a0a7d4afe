package juju

// One story, told to Juju's agent and to charmtest.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/juju/loggo"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
	"github.com/juju/juju/acceptance/kafka-connect-base/jujud"
)

// patience is how long the agents may take for one step before they count as
// doing something else than charmtest, on a machine that has much else to do.
const patience = time.Minute

// juju is a controller with agents: one that is played, or Juju's own.
type juju interface {
	Play(step) (action string, err error)
	SetAppData(end, application string, data map[string]string) error
	Look(action string) controller.Answer
	Idle() bool
	Told()
	Trouble() []string
	Close() error
}

var (
	_ juju = &controller.Model{}
	_ juju = &jujud.Model{}
)

// story plays on both sides.
type story struct {
	t     *testing.T
	dir   string
	real  juju
	world *steps // what the real side's charm finds: only its Kafka and Kubernetes are used
	fake  *steps
	log   *log
}

// place is where a story is played.
type place func(controller.Options) (juju, error)

// played has the controller from memory, which answers at once.
func played(o controller.Options) (juju, error) { return controller.New(o) }

// own has Juju's own controller.
func own(o controller.Options) (juju, error) {
	if err := jujud.StartDatabase(built.mongod); err != nil {
		return nil, err
	}
	return jujud.New(o)
}

// onEach tells a story on both: what the played controller does is held to Juju's.
func onEach(t *testing.T, tell func(*testing.T, place)) {
	t.Run("played", func(t *testing.T) { tell(t, played) })
	t.Run("own", func(t *testing.T) { tell(t, own) })
}

// newStory begins one; arguments are those of the steps program that shape the world.
func newStory(t *testing.T, on place, retry bool, shape ...string) *story {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "jj")
	must(t, err)
	s := &story{t: t, dir: dir, log: &log{}}
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	args := shape
	if !retry {
		args = append([]string{"-retries", "-1"}, shape...)
	}
	s.world, s.fake = startSteps(t, shape...), startSteps(t, args...)
	s.real, err = on(controller.Options{Dir: dir, Jujuc: built.jujuc, NoRetry: !retry})
	must(t, err)
	must(t, loggo.RegisterWriter(dir, s.log)) // a controller of Juju's own has begun by taking all writers away
	setLogLevels()
	t.Cleanup(func() {
		_, _ = loggo.RemoveWriter(dir)
		if err := s.real.Close(); err != nil {
			t.Errorf("agents ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the agents' log:\n%s", s.log)
		}
	})
	return s
}

// step plays one step, waits until the agents are where charmtest is, and gives
// what both have then. Anything in which they differ fails the test.
func (s *story) step(one step) controller.Answer {
	s.t.Helper()
	start := time.Now()
	want := s.fake.do(one)
	action, err := s.do(one)
	must(s.t, err)
	if one.Do == "refuse" {
		return want
	}
	deadline := time.Now().Add(patience)
	var got controller.Answer
	for {
		idle := s.real.Idle()
		got = s.real.Look(action)
		if idle {
			got.World = s.world.do(step{Do: "look"}).World
			if difference(want, got) == "" {
				break
			}
		}
		if trouble := s.real.Trouble(); len(trouble) > 0 {
			s.t.Fatalf("%s: %q", one.Do, trouble)
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: Juju's agent (+) and charmtest (-) differ (idle: %v):\n%s", one.Do, idle, difference(want, got))
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.real.Told()
	s.t.Logf("%-18s %4.1f s  %s", one.Do, time.Since(start).Seconds(), told(got))
	if s.t.Failed() {
		s.t.FailNow()
	}
	return got
}

func told(a controller.Answer) string {
	var out []string
	for unit, hooks := range a.Hooks {
		out = append(out, fmt.Sprintf("%s: %s", unit, strings.Join(hooks, ", ")))
	}
	return strings.Join(out, "; ")
}

// do plays a step to the controller; it gives the number of an action.
func (s *story) do(one step) (action string, err error) {
	if _, ask := one.Config["kubeconfig"]; ask {
		one.Config["kubeconfig"] = s.world.kubeconfig
	}
	for _, data := range one.Data { // of a secret
		if _, ask := data["kubeconfig"]; ask {
			data["kubeconfig"] = s.world.kubeconfig
		}
	}
	if one.Do == "kafka" {
		one.Do, one.Data = "remote", s.world.brokers
	}
	return s.real.Play(one)
}

// processes counts the hook tools that were run as processes.
func (s *story) processes() int {
	text, err := os.ReadFile(filepath.Join(s.dir, "tools.log"))
	if err != nil && !os.IsNotExist(err) {
		s.t.Error(err)
	}
	return strings.Count(string(text), "\n")
}

// log keeps what the agents logged, which has the hooks' own words.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write is loggo's.
func (l *log) Write(e loggo.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, "%s %s %s %s\n", e.Timestamp.Format("05.000"), e.Level, e.Module, e.Message)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
