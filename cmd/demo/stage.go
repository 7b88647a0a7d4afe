package main

// The stage: a world with a folder for the connectors' files and the hooks'
// journal, and the playing of scenes on it.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/hooks"
)

// The names of the play.
const (
	model   = "streams"
	app     = "connect"
	topic   = "lines"
	brokers = 3
)

// stage is where the scenes are played.
type stage struct {
	*world.World
	charm    string
	dir      string // the connectors' files and the hooks' journal
	watching audience
	patience time.Duration // how long the world may take to become as it should be

	mu       sync.Mutex // hooks are heard of on the goroutines that run them
	seen     int        // hooks of the model's journal
	read     int64      // bytes of the hooks' journal
	statuses map[string]string
	sum      summary

	wrote  []string        // lines to the source's file
	pods   map[string]bool // uids, as the scene began
	writes int             // to Connect's REST API, as the scene began
}

// open builds a stage for a composed charm, whose hooks get the variables of env
// besides their own. It has to be closed.
func open(charm string, watching audience, env map[string]string) (*stage, error) {
	dir, err := os.MkdirTemp("", "demo-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for the demo: %w", err)
	}
	s := &stage{charm: charm, dir: dir, watching: watching, patience: 20 * time.Second, statuses: map[string]string{}}
	variables := map[string]string{hooks.JournalVariable: s.journalFile(), "MEASURE_OUT": s.costFile()}
	maps.Copy(variables, env)
	s.World, err = world.Start(world.Options{
		Kafka: kafkatest.Options{Brokers: brokers},
		Model: charmtest.Options{
			Name: model,
			Env:  variables,
			Before: func(call charmtest.ToolCall) charmtest.Verdict {
				watching.busy(call.Unit, call.Hook)
				return charmtest.Proceed
			},
			Log: func(string) { s.heard() },
		},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// leftError says that something of the world could not be ended or removed.
type leftError struct{ error }

// close ends the world. The folder goes too, unless it is kept. Its errors are leftErrors.
func (s *stage) close(keep bool, stderr io.Writer) error {
	err := s.World.Close()
	if keep {
		fmt.Fprintf(stderr, "kept: %s (journal: one line of JSON a hook)\n", s.dir)
	} else {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	if err != nil {
		return &leftError{fmt.Errorf("cannot clear the demo's stage away: %w", err)}
	}
	return nil
}

func (s *stage) journalFile() string { return filepath.Join(s.dir, "journal") }
func (s *stage) source() string      { return filepath.Join(s.dir, "from.txt") }
func (s *stage) sink() string        { return filepath.Join(s.dir, "to.txt") }

// play plays the scenes in their order, to the end or until one went wrong.
func (s *stage) play(ctx context.Context, scenes []scene) error {
	start := time.Now()
	var err error
	for i, scene := range scenes {
		s.watching.scene(i+1, scene)
		if err = s.playOne(ctx, i+1, scene); err != nil {
			break
		}
	}
	s.sum.Wall = time.Since(start)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.watching.end(s.sum)
	return err
}

func (s *stage) playOne(ctx context.Context, number int, scene scene) error {
	if err := s.mark(); err != nil {
		return err
	}
	for _, step := range scene.steps {
		s.watching.command(step.command)
		answer, err := step.do(ctx, s)
		if err == nil {
			s.watching.answer(answer)
			err = s.Settle(ctx)
		}
		if err != nil {
			return fmt.Errorf("cannot play scene %d, %q, at %q: %w", number, scene.title, step.command, err)
		}
	}
	checks := s.examine(ctx, scene.want)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	done := outcome{scene.title, checks}
	s.sum.Scenes = append(s.sum.Scenes, done)
	s.watching.checks(checks)
	var wrong error
	for _, c := range done.wrong() {
		wrong = errors.Join(wrong, fmt.Errorf("after scene %d, %q, %s is not as it should be\n  want: %s\n  got:  %s",
			number, scene.title, c.About, c.Want, c.Got))
	}
	return wrong
}

// heard is called as each hook ends: it joins what the model knows of the hook
// with the hook's own account.
func (s *stage) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	records := s.records()
	for _, h := range s.JournalSince(s.seen) {
		s.seen++
		run := hookRun{
			Unit: h.Unit, Hook: h.Name, Action: h.Action, Remote: h.RemoteUnit, Failed: h.Err, Duration: h.Duration,
			Leader: s.Leader(app) == h.Unit, Was: s.statuses[h.Unit],
		}
		if run.Remote == "" {
			run.Remote = h.RemoteApp
		}
		run.Now = "removed"
		if unit, there := s.Status().Unit(h.Unit); there {
			run.Now = strings.TrimSuffix(unit.Workload+": "+unit.Message, ": ")
		}
		s.statuses[h.Unit] = run.Now
		if len(records) > 0 && records[0].Unit == h.Unit {
			run.Record, records = records[0], records[1:]
		}
		s.sum.Hooks++
		s.sum.Calls += run.Record.Calls
		s.sum.Processes += run.Record.Processes
		s.sum.InHooks += h.Duration
		s.watching.hook(run)
	}
}

// records reads what hooks have written since the last time.
func (s *stage) records() (records []hooks.Record) {
	file, err := os.Open(s.journalFile())
	if err != nil {
		return nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, s.read, 1<<30))
	if err != nil {
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		s.read += int64(len(lines.Bytes())) + 1
		var record hooks.Record
		if json.Unmarshal(lines.Bytes(), &record) == nil {
			records = append(records, record)
		}
	}
	return records
}
