package main

// The stage: all real parts, and the playing of steps on them.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// The names of the play.
const (
	app   = "connect"
	topic = "lines"
)

// stage is where the steps are played.
type stage struct {
	o       options
	dir     string // of all that runs, with its logs
	release *realkafka.Kafka
	brokers realkafka.Pods
	admin   *kafka.Admin
	kube    *cluster
	front   *front // the charm's way to the API server
	juju    *juju
	config  []byte // the charm's kubeconfig
	lines   *lines
	told    *teller

	pods     map[string]bool // uids, as the step began
	leader   string          // the unit that is to lead
	killed   string          // the unit whose agent was
	killedAt time.Time
	broken   broken   // the broker that was
	notes    []string // what the step saw beside the world
	last     model    // as it was looked at last
	ticks    int      // how often time for update-status came in this step
}

func open(ctx context.Context, o options) (_ *stage, err error) {
	s := &stage{o: o, dir: place, told: newTeller(os.Stdout)}
	if s.o.root, err = filepath.Abs(o.root); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	begin := time.Now()
	for _, start := range []func(context.Context) error{s.startKubernetes, s.startKafka, s.startJuju} {
		if err := start(ctx); err != nil {
			return nil, err
		}
	}
	say("Kafka %s (%d brokers), Kubernetes %s and Juju's agents 3.6.11 are ready after %.0f s",
		o.kafka, len(s.brokers.Hosts()), s.kube.Version, time.Since(begin).Seconds())
	return s, nil
}

// images writes kubelite's table of images: there is the one the charm asks for,
// and its containers share the folder of the connectors' files.
func (s *stage) images(ctx context.Context) (table string, err error) {
	if s.release, err = realkafka.Get(ctx, s.o.kafka, func(string, ...any) {}); err != nil {
		return "", err
	}
	shared := filepath.Join(s.dir, "shared")
	if s.lines, err = newLines(shared); err != nil {
		return "", err
	}
	text, err := realkafka.Images(shared, s.release)
	if err != nil {
		return "", err
	}
	table = filepath.Join(s.dir, "images.json")
	return table, os.WriteFile(table, text, 0o644)
}

func (s *stage) startKubernetes(ctx context.Context) (err error) {
	images, err := s.images(ctx)
	if err != nil {
		return err
	}
	if s.kube, err = startCluster(s.o.root, filepath.Join(s.dir, "k"), images); err != nil {
		return err
	}
	if s.front, err = newFront(strings.TrimPrefix(s.kube.Server, "https://")); err != nil {
		return err
	}
	s.config, err = s.kube.account(ctx, s.o.root, "https://"+s.front.addr)
	return err
}

func (s *stage) startJuju(context.Context) (err error) {
	s.juju, err = startJuju(s.o.root, s.dir)
	return err
}

// close ends everything; what it does not, the end of the namespace does. Logs
// stay in the build folder.
func (s *stage) close() error {
	var errs []error
	if s.lines != nil {
		s.lines.close()
	}
	if s.juju != nil {
		errs = append(errs, s.juju.close())
	}
	if s.kube != nil {
		errs = append(errs, s.kube.close())
	}
	if s.admin != nil {
		s.admin.Close()
	}
	return errors.Join(append(errs, s.keepLogs())...)
}

func (s *stage) keepLogs() error {
	logs := built(s.o.root, "logs-"+s.o.kafka)
	if err := os.RemoveAll(logs); err != nil {
		return fmt.Errorf("cannot keep the logs: %w", err)
	}
	from := os.DirFS(s.dir)
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "pods" || name == brokersFolder):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".log"):
			return nil
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		to := filepath.Join(logs, name)
		return errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, 0o644))
	})
	if err != nil {
		return fmt.Errorf("cannot keep the logs: %w", err)
	}
	say("logs are in %s", logs)
	return nil
}

// step is one part of the life.
type step struct {
	name  string // for the command line
	title string
	do    []act
	want  want
}

// act is one thing that an operator does, or that happens.
type act struct {
	command string
	do      func(ctx context.Context, s *stage) error
}

// bound is how long a step may take, its acts and the world's coming to rest.
const bound = 3 * time.Minute

// play plays all steps, to the end, to the step that is the last, or until one
// goes wrong.
func (s *stage) play(ctx context.Context, script []step, last string) error {
	begin := time.Now()
	var failed error
	for i, one := range script {
		s.told.title(i+1, len(script), one)
		start := time.Now()
		limited, cancel := context.WithTimeout(ctx, bound)
		checks, err := s.playOne(limited, one)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.told.hooks(s.last)
		failed = s.told.done(one, s.notes, checks, err, time.Since(start))
		if failed != nil || one.name == last {
			break
		}
	}
	s.told.table(s.o.kafka, time.Since(begin))
	return errors.Join(failed, s.told.hand(s.o.table))
}

func (s *stage) playOne(ctx context.Context, one step) ([]check, error) {
	if err := s.mark(ctx); err != nil {
		return nil, err
	}
	for _, a := range one.do {
		s.told.command(a.command)
		if err := a.do(ctx, s); err != nil {
			return nil, err
		}
	}
	checks, err := s.examine(ctx, one.want)
	if written, again := s.lines.twice(); written > 0 {
		s.note("%d lines were written, %d came twice", written, again)
	}
	if s.ticks > 0 {
		s.note("the time for update-status came %d times", s.ticks)
	}
	return checks, err
}

// mark remembers what there is, to tell afterwards what is new.
func (s *stage) mark(ctx context.Context) error {
	s.notes, s.ticks, s.pods = nil, 0, map[string]bool{}
	pods, err := s.kube.objects(ctx, "Pod")
	for _, pod := range pods {
		s.pods[pod.Metadata.UID] = true
	}
	_, told := s.juju.do(order{Do: "told"})
	return errors.Join(err, told)
}

func (s *stage) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// settle waits until every unit rests.
func (s *stage) settle(ctx context.Context) (model, error) {
	for {
		m, err := s.juju.look("")
		if err != nil {
			return m, err
		}
		if s.last = m; m.Idle {
			return m, nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return m, fmt.Errorf("units do not come to rest: %w\n%s", err, describe(m))
		}
	}
}

// pause lets time pass between two looks.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("waited too long: %w", ctx.Err())
	case <-time.After(d):
		return nil
	}
}

// until waits until something holds.
func until(ctx context.Context, what string, holds func() (bool, error)) error {
	for {
		yes, err := holds()
		if err == nil && yes {
			return nil
		}
		if wait := pause(ctx, 100*time.Millisecond); wait != nil {
			return fmt.Errorf("cannot see %s: %w", what, errors.Join(wait, err))
		}
	}
}
