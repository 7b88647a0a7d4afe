package main

// What an operator does, one command each.

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// step is one command of the operator. What it answers is shown below it.
type step struct {
	command string
	do      func(ctx context.Context, s *stage) (answer []string, err error)
}

// quiet is a step that answers nothing.
func quiet(command string, do func(s *stage) error) step {
	return step{command, func(_ context.Context, s *stage) ([]string, error) { return nil, do(s) }}
}

func deploy(units int) step {
	return quiet(fmt.Sprintf("juju deploy ./build/kafka-connect-file_amd64.charm %s -n %d", app, units), func(s *stage) error {
		return s.Deploy(app, s.charm, charmtest.DeployOptions{Units: units})
	})
}

func config(text string, settings map[string]any) step {
	return quiet("juju config "+app+" "+text, func(s *stage) error { return s.Configure(app, settings) })
}

// configFiles sets what only the stage knows.
func configFiles() step {
	return quiet("juju config "+app+" topics="+topic+" source-file=$DIR/from.txt sink-file=$DIR/to.txt", func(s *stage) error {
		return s.Configure(app, map[string]any{"topics": topic, "source-file": s.source(), "sink-file": s.sink()})
	})
}

func configKubernetes() step {
	return quiet(`juju config `+app+` kubeconfig="$(cat kubeconfig)"`, func(s *stage) error {
		return s.Configure(app, map[string]any{"kubeconfig": s.Kubeconfig()})
	})
}

func deployKafka() step {
	return quiet(fmt.Sprintf("juju deploy kafka -n %d", brokers), func(s *stage) error {
		_, err := s.AddKafka("kafka")
		return err
	})
}

func integrate() step {
	return quiet("juju integrate "+app+":kafka kafka:client", func(s *stage) error {
		return s.Integrate(app+":kafka", "kafka:client")
	})
}

func removeRelation() step {
	return quiet("juju remove-relation "+app+":kafka kafka:client", func(s *stage) error {
		return s.RemoveRelation(app+":kafka", "kafka:client")
	})
}

// loseLeader takes the leader away with its machine, without a word of farewell.
func loseLeader(machine int) step {
	return quiet(fmt.Sprintf("juju remove-machine --force %d", machine), func(s *stage) error {
		return s.KillUnit(s.Leader(app))
	})
}

func addUnit() step {
	return quiet("juju add-unit "+app, func(s *stage) error {
		_, err := s.AddUnit(app)
		return err
	})
}

func removeApplication() step {
	return quiet("juju remove-application "+app, func(s *stage) error { return s.RemoveApplication(app) })
}

// timePasses makes update-status due on every unit.
func timePasses() step {
	return quiet("sleep 300  # the model's update-status-hook-interval", func(s *stage) error { return s.UpdateStatus(app) })
}

// action runs one on the leader.
func action(name string, params ...string) step {
	command := strings.TrimSpace(fmt.Sprintf("juju run %s/leader %s %s", app, name, strings.Join(params, " ")))
	return step{command, func(ctx context.Context, s *stage) ([]string, error) {
		given := map[string]any{}
		for _, param := range params {
			key, value, _ := strings.Cut(param, "=")
			given[key] = value
		}
		result, err := s.RunAction(ctx, s.Leader(app), name, given)
		if err != nil {
			return nil, err
		}
		if result.Status != "completed" {
			return nil, fmt.Errorf("the action failed: %s", result.Message)
		}
		delete(result.Results, "json") // the same once more, for a program
		return shown(result.Results), nil
	}}
}

// then waits, after a step, until Connect is as told: it answers a request to
// pause before the tasks have paused.
func (first step) then(connect string) step {
	return step{first.command, func(ctx context.Context, s *stage) ([]string, error) {
		answer, err := first.do(ctx, s)
		if err == nil && !s.await(ctx, func() bool { return strings.Contains(s.aboutConnect(ctx)+",", connect+",") }) {
			err = fmt.Errorf("%s did not become true", connect)
		}
		return answer, err
	}}
}

// shown writes an action's results as juju run does: keys sorted, what is inside indented.
func shown(results map[string]any) (lines []string) {
	for _, key := range slices.Sorted(maps.Keys(results)) {
		switch value := results[key].(type) {
		case map[string]any:
			lines = append(lines, key+":")
			for _, line := range shown(value) {
				lines = append(lines, "  "+line)
			}
		default: // a value of several lines stands below itself
			if key != "return-code" {
				lines = append(lines, key+": "+strings.ReplaceAll(fmt.Sprint(value), "\n", "\n"+strings.Repeat(" ", len(key)+2)))
			}
		}
	}
	return lines
}

// write adds lines to the file that the source connector reads.
func write(lines ...string) step {
	return quiet(fmt.Sprintf("printf '%s\\n' >> $DIR/from.txt", strings.Join(lines, `\n`)), func(s *stage) error {
		file, err := os.OpenFile(s.source(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("cannot write to the source's file: %w", err)
		}
		defer file.Close()
		s.wrote = append(s.wrote, lines...)
		_, err = fmt.Fprintln(file, strings.Join(lines, "\n"))
		return err
	})
}
