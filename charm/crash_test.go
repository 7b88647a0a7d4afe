package charm_test

// Killed before and after each effect of an application's life, the next hooks
// end in the same world. See docs/explanation/faults.md.

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charm/internal/fault"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/layers"

	// Compiled by TestCrash; imported so that go test knows a change of it.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

// TestCrash plays a life without faults, which gives every effect and the world
// at the end of every scene, and then the same life with one effect struck in
// every scene, until all have been. Every scene has to end in the same world.
//
// By default each write is struck once a scene, by a kill before and a kill
// after it, and other pairs of effect and way fill the scenes that would have
// nothing left to strike. CRASH=all strikes everything; any other value of CRASH
// strikes what contains it, such as CRASH='lose Kafka: connect: DELETE'.
func TestCrash(t *testing.T) {
	t.Parallel()
	charm := crashCharm(t)
	begin := time.Now()
	wanted, effects := crashReference(t, charm)
	plan := newCrashPlan(effects, os.Getenv("CRASH"))
	total := plan.left()
	r := &crashRun{t: t, charm: charm, plan: plan, wanted: wanted}
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 1 {
		group.Go(func() {
			for r.plan.last() >= 0 && r.failures() < tooMany {
				r.life()
			}
		})
	}
	group.Wait()
	t.Logf("%d pairs of effect and way struck in %d lives, %s in all; %d left out (make crash strikes them)",
		r.struck, r.lives, time.Since(begin).Round(time.Second), total-r.played)
	t.Logf("%d pairs did not come up again where they were met first; %d scenes took more than one update-status to end as they should", len(r.unmet), r.late)
	for _, pair := range r.unmet {
		t.Logf("did not come up: %s", pair)
	}
	if r.struck == 0 {
		t.Error("nothing was struck")
	}
}

func crashCharm(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := layers.Make(t.Context(), dir, "../examples/kafka-connect-file"); err != nil {
		t.Fatal(err)
	}
	if err := charmtest.Build(context.Background(), "./internal/faultcharm", filepath.Join(dir, "dispatch")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// crashReference is the life that nothing happens to.
func crashReference(t *testing.T, charm string) (wanted []ending, effects [][]string) {
	t.Helper()
	l, err := newCrashLife(charm, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer l.close(t)
	for _, s := range crashScenes() {
		if err := l.play(t.Context(), s, nil); err != nil {
			t.Fatalf("scene %q without any fault: %v", s.name, err)
		}
		e, err := l.ending()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.flow(s); err != nil {
			t.Fatalf("scene %q without any fault: %v", s.name, err)
		}
		met, err := l.folder.Effects()
		if err != nil {
			t.Fatal(err)
		}
		wanted, effects = append(wanted, e), append(effects, met)
	}
	return wanted, effects
}

// crashPlan is what is still to be struck, by scene.
type crashPlan struct {
	mu   sync.Mutex
	must [][]fault.Target // the test is not over before
	may  [][]fault.Target // where there is nothing else to do
}

func newCrashPlan(effects [][]string, choice string) *crashPlan {
	p := &crashPlan{must: make([][]fault.Target, len(effects)), may: make([][]fault.Target, len(effects))}
	for i, s := range crashScenes() {
		for _, target := range crashTargets(effects[i]) {
			basic := target.Nth == 1 && (target.Way == fault.KillBefore || target.Way == fault.KillAfter)
			switch choice {
			case "", "all":
				if basic || choice == "all" {
					p.must[i] = append(p.must[i], target)
				} else {
					p.may[i] = append(p.may[i], target)
				}
			default:
				if strings.Contains(s.name+": "+target.String(), choice) {
					p.must[i] = append(p.must[i], target)
				}
			}
		}
	}
	return p
}

// crashTargets pairs every write with every way, and every text of a read with
// a failure of its first.
func crashTargets(effects []string) (targets []fault.Target) {
	times := map[string]int{}
	for _, effect := range effects {
		times[effect]++
		if !fault.Writes(effect) {
			if times[effect] == 1 {
				targets = append(targets, fault.Target{Effect: effect, Nth: 1, Way: fault.Fail})
			}
			continue
		}
		for _, way := range []fault.Way{fault.KillBefore, fault.KillAfter, fault.LoseAnswer, fault.Fail, fault.Depose} {
			targets = append(targets, fault.Target{Effect: effect, Nth: times[effect], Way: way})
		}
	}
	// First occurrences first: they are what a run with less time should see.
	slices.SortStableFunc(targets, func(a, b fault.Target) int { return min(a.Nth, 2) - min(b.Nth, 2) })
	return targets
}

func (p *crashPlan) left() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.must {
		n += len(p.must[i]) + len(p.may[i])
	}
	return n
}

// last is the last scene in which something must be struck; -1 when all is done.
func (p *crashPlan) last() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range slices.Backward(p.must) {
		if len(p.must[i]) > 0 {
			return i
		}
	}
	return -1
}

// next takes a target of a scene out of the plan; nil when there is none.
func (p *crashPlan) next(scene int) *fault.Target {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range [][][]fault.Target{p.must, p.may} {
		if len(list[scene]) > 0 {
			target := list[scene][0]
			list[scene] = list[scene][1:]
			return &target
		}
	}
	return nil
}

// crashRun plays lives, several at a time.
type crashRun struct {
	t      *testing.T
	charm  string
	plan   *crashPlan
	wanted []ending

	mu                                  sync.Mutex
	lives, played, struck, late, failed int
	unmet                               []string
}

// tooMany failures end the test: they will have few causes.
const tooMany = 20

func (r *crashRun) failures() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// life plays one life to the last scene that has something left to strike, or to
// the first scene that does not end as it should.
func (r *crashRun) life() {
	l, err := newCrashLife(r.charm, r.t.TempDir())
	if err != nil {
		r.t.Error(err)
		return
	}
	defer l.close(r.t)
	r.mu.Lock()
	r.lives++
	r.mu.Unlock()
	var story []string
	for i, s := range crashScenes() {
		if i > r.plan.last() {
			return
		}
		target := r.plan.next(i)
		what := s.name + ": nothing"
		if target != nil {
			what = s.name + ": " + target.String()
		}
		hooks, began := len(l.w.Journal()), time.Now()
		err := r.scene(l, i, s, target)
		if d := time.Since(began); d > slow {
			r.t.Logf("slow: %s: %s", what, d.Round(time.Millisecond))
		}
		r.count(l, target, what)
		if err != nil {
			r.mu.Lock()
			r.failed++
			r.mu.Unlock()
			r.t.Errorf("%s\n%v\nbefore it: %q\nthe scene's hooks:\n%s", what, err, story, brief(l.w.JournalSince(hooks)))
			return
		}
		story = append(story, what)
	}
}

func (r *crashRun) count(l *crashLife, target *fault.Target, what string) {
	if target == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.played++
	if l.folder.Struck() {
		r.struck++
	} else {
		r.unmet = append(r.unmet, what)
	}
}

// slow is what a scene takes in which a hook waited for something in vain.
const slow = 8 * time.Second

// patience is how many more update-status hooks a scene may take.
const patience = 3

func (r *crashRun) scene(l *crashLife, i int, s scene, target *fault.Target) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := l.play(ctx, s, target); err != nil {
		return err
	}
	diff, err := l.differs(r.wanted[i])
	for n := 0; n < patience && diff != "" && err == nil; n++ {
		if n == 0 {
			r.mu.Lock()
			r.late++
			r.mu.Unlock()
		}
		if err := l.updateStatus(ctx); err != nil {
			return err
		}
		diff, err = l.differs(r.wanted[i])
	}
	if err != nil {
		return err
	}
	if diff != "" {
		return fmt.Errorf("the world is not as it should be after %d update-status (-should +is)\n%s", patience+1, diff)
	}
	return l.flow(s)
}

// differs compares now with the ending that is wanted; pods, which end by
// themselves, get a moment.
func (l *crashLife) differs(wanted ending) (string, error) {
	deadline := time.Now().Add(300 * time.Millisecond)
	for {
		now, err := l.ending()
		if err != nil {
			return "", err
		}
		diff := cmp.Diff(l.forgive(wanted), l.forgive(now))
		if diff == "" || time.Now().After(deadline) {
			return diff, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// forgive drops flags, once the lead changed hands: a unit that only stands by
// keeps those of the upper layer that say what it did when it led, and one that
// leads while there is nothing to do has not done anything yet. The flags of a
// leader that is active are compared all the same.
func (l *crashLife) forgive(e ending) ending {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.deposed {
		return e
	}
	e.Units = maps.Clone(e.Units)
	for role, unit := range e.Units {
		if !unit.Leader || unit.Workload != "active" {
			unit.Flags = nil
			e.Units[role] = unit
		}
	}
	return e
}

// brief is the hooks with what they wrote, without what they read.
func brief(hooks charmtest.Journal) string {
	for i := range hooks {
		hooks[i].Calls = slices.DeleteFunc(hooks[i].Calls, func(call charmtest.ToolCall) bool {
			return call.Verdict == charmtest.Proceed && call.Code == 0 && !fault.Writes("juju: "+call.Tool)
		})
	}
	return hooks.Detail()
}
