// Package fault strikes a charm's process at one chosen effect: it dies before or
// after it, or the effect fails, or its answer is lost. A test says in a folder
// which effect is meant, since one life of an application is many processes;
// the same folder lists every effect there was.
package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Variable is the environment variable that names the folder.
const Variable = "CHARM_FAULT"

// Way is how an effect is struck.
type Way string

// The ways.
const (
	KillBefore Way = "killed before"        // SIGKILL, and nothing was done
	KillAfter  Way = "killed after"         // SIGKILL when it was done
	Fail       Way = "failed"               // nothing was done and the charm is told so
	LoseAnswer Way = "done, answer lost"    // done, and the charm is told that nobody answered
	Depose     Way = "killed, then deposed" // KillAfter; and another unit leads before the next hook
)

// Target is one effect of one scene: the Nth of its text, counted from 1.
type Target struct {
	Effect string
	Nth    int
	Way    Way
}

// String says it in words.
func (t Target) String() string {
	if t.Nth == 1 {
		return fmt.Sprintf("%s: %s", t.Effect, t.Way)
	}
	return fmt.Sprintf("%s (no. %d): %s", t.Effect, t.Nth, t.Way)
}

// errLost is what a charm is told by [Fail] and [LoseAnswer]: a request that timed
// out, of which nobody can say what became of it.
var errLost = fmt.Errorf("struck by a test: %w", context.DeadlineExceeded)

// reads are the words of effects that change nothing.
var reads = []string{
	"juju: config-get", "juju: is-leader", "juju: relation-ids", "juju: relation-list", "juju: relation-get", "juju: state-get",
	"juju: goal-state", "juju: secret-get", "juju: secret-info-get", "juju: secret-ids", "juju: action-get", "juju: network-get",
	"juju: unit-get", "juju: status-get", "juju: credential-get", "juju: resource-get", "juju: opened-ports", "juju: juju-log",
	"kafka: list", "kafka: describe", "kafka: await", "kafka: ask", "kube: get", "kube: list", "kube: version", "connect: GET",
}

// Writes says whether an effect changes something outside the process. What is
// not known to be a read is a write.
func Writes(effect string) bool {
	return !slices.ContainsFunc(reads, func(word string) bool {
		return effect == word || strings.HasPrefix(effect, word+" ") || strings.HasPrefix(effect, word+"-")
	})
}

// Folder is where a test and the processes meet.
type Folder string

func (f Folder) target() string  { return filepath.Join(string(f), "target") }
func (f Folder) effects() string { return filepath.Join(string(f), "effects") }
func (f Folder) struck() string  { return filepath.Join(string(f), "struck") }

// Arm begins a scene: the list of effects is empty, and the target, if any, is
// struck once.
func (f Folder) Arm(target *Target) error {
	for _, name := range []string{f.target(), f.effects(), f.struck()} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if target == nil {
		return nil
	}
	text, err := json.Marshal(target)
	if err != nil {
		return err
	}
	return os.WriteFile(f.target(), text, 0o600)
}

// Effects are those of the scene, in order.
func (f Folder) Effects() ([]string, error) {
	text, err := os.ReadFile(f.effects())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' }), nil
}

// Struck says whether the scene's target was met.
func (f Folder) Struck() bool {
	_, err := os.Stat(f.struck())
	return err == nil
}

// hash ends the name of a Secret; it differs from life to life, as ports do.
var hash = regexp.MustCompile(`-[0-9a-f]{16}$`)

// Meet notes an effect and gives the way it is to be struck, "" for not at all.
func (f Folder) Meet(effect string) (Way, error) {
	effect = hash.ReplaceAllString(effect, "-HASH")
	file, err := os.OpenFile(f.effects(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintln(file, effect)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	text, err := os.ReadFile(f.target())
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var target Target
	if err := json.Unmarshal(text, &target); err != nil {
		return "", err
	}
	if target.Effect != effect || f.Struck() {
		return "", nil
	}
	all, err := f.Effects()
	if err != nil {
		return "", err
	}
	n := 0
	for _, e := range all {
		if e == effect {
			n++
		}
	}
	if n != target.Nth {
		return "", nil
	}
	return target.Way, os.WriteFile(f.struck(), nil, 0o600)
}

// Seam gives the seam of one process.
func (f Folder) Seam() func(ctx context.Context, effect string, do func() error) error {
	var one sync.Mutex // handlers may use several goroutines
	return func(_ context.Context, effect string, do func() error) error {
		one.Lock()
		way, err := f.Meet(effect)
		one.Unlock()
		if err != nil {
			return fmt.Errorf("cannot ask the test about the effect %q: %w", effect, err)
		}
		switch way {
		case KillBefore:
			die()
		case Fail:
			return errLost
		}
		err = do()
		switch way {
		case KillAfter, Depose:
			die()
		case LoseAnswer:
			return errors.Join(err, errLost)
		}
		return err
	}
}

// die ends the process as a crash would: nothing deferred runs.
func die() {
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {} // until the signal arrives
}
