package main

// What an operator does, and what befalls the parts.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// command is an act of an order to Juju alone.
func command(text string, o func(s *stage) order) act {
	return act{text, func(_ context.Context, s *stage) error {
		_, err := s.juju.do(o(s))
		return err
	}}
}

func deploy(units int) act {
	return command(fmt.Sprintf("juju deploy ./kafka-connect-file.charm %s -n %d", app, units), func(s *stage) order {
		return order{Do: "deploy", App: app, Charm: charmOf(s.o.root, "one"), Units: units}
	})
}

func config(text string, settings map[string]any) act {
	return command("juju config "+app+" "+text, func(*stage) order {
		return order{Do: "configure", App: app, Config: settings}
	})
}

// configFiles sets what only the stage knows.
func configFiles() act {
	return command("juju config "+app+" topics="+topic+" source-file=/shared/from.txt sink-file=/shared/to.txt", func(*stage) order {
		return order{Do: "configure", App: app, Config: map[string]any{
			"topics": topic, "source-file": "/shared/from.txt", "sink-file": "/shared/to.txt"}}
	})
}

func configKubernetes() act {
	return command(`juju config `+app+` kubeconfig="$(cat kubeconfig)"`, func(s *stage) order {
		return order{Do: "configure", App: app, Config: map[string]any{"kubeconfig": string(s.config)}}
	})
}

// createTopic makes the topic of the lines, by Kafka's own tool.
func createTopic() act {
	const args = "--create --topic " + topic + " --partitions 1 --replication-factor 3"
	return act{"kafka-topics.sh " + args, func(ctx context.Context, s *stage) error {
		_, err := s.tool(ctx, "org.apache.kafka.tools.TopicCommand", strings.Fields(args)...)
		return err
	}}
}

func deployKafka() act {
	return command("juju deploy kafka -n 3", func(s *stage) order {
		return order{Do: "remote", App: "kafka", Data: s.clients()}
	})
}

func integrate() act {
	return command("juju integrate "+app+":kafka kafka:client", func(*stage) order {
		return order{Do: "integrate", One: app + ":kafka", Two: "kafka:client"}
	})
}

func removeRelation() act {
	return command("juju remove-relation "+app+":kafka kafka:client", func(*stage) order {
		return order{Do: "remove-relation", One: app + ":kafka", Two: "kafka:client"}
	})
}

func refresh() act {
	return command("juju refresh "+app+" --path ./kafka-connect-file-two.charm", func(s *stage) order {
		return order{Do: "refresh", App: app, Charm: charmOf(s.o.root, "two")}
	})
}

// runs makes sure that every unit has the charm of a build.
func runs(build string) act {
	return act{"cat charm/build # on every unit", func(ctx context.Context, s *stage) error {
		m, err := s.settle(ctx)
		for name := range m.Units {
			file := filepath.Join(s.juju.dir, "agents", "unit-"+strings.ReplaceAll(name, "/", "-"), "charm", "build")
			if text, wrong := os.ReadFile(file); wrong != nil || strings.TrimSpace(string(text)) != build {
				err = errors.Join(err, fmt.Errorf("%s has the build %q, not %q", name, strings.TrimSpace(string(text)), build), wrong)
			}
		}
		return err
	}}
}

func removeApplication() act {
	return command("juju remove-application "+app, func(*stage) order {
		return order{Do: "remove-application", App: app}
	})
}

// rest waits until all units have done what they have to.
func rest() act {
	return act{"juju wait-for application " + app, func(ctx context.Context, s *stage) error {
		_, err := s.settle(ctx)
		return err
	}}
}

func flow() act {
	return act{"while sleep 0.1; do echo line $((++n)); done >> /shared/from.txt &", func(ctx context.Context, s *stage) error {
		s.lines.flow()
		return until(ctx, "lines written", func() (bool, error) { return s.lines.aim() >= 20, nil })
	}}
}

// action runs one on the leader, to its end.
func action(name string, params ...string) act {
	text := strings.TrimSpace(fmt.Sprintf("juju run %s/leader %s %s", app, name, strings.Join(params, " ")))
	return act{text, func(ctx context.Context, s *stage) error {
		given := map[string]any{}
		for _, param := range params {
			key, value, _ := strings.Cut(param, "=")
			given[key] = value
		}
		m, err := s.juju.look("")
		if err != nil {
			return err
		}
		m, err = s.juju.do(order{Do: "action", Unit: m.leader(), Action: name, Params: given})
		if err != nil {
			return err
		}
		number := m.Number
		if err := until(ctx, "the action's end", func() (bool, error) {
			m, err = s.juju.look(number)
			return err == nil && m.Action != nil && m.Action.Status != "pending" && m.Action.Status != "running", err
		}); err != nil {
			return err
		}
		if m.Action.Status != "completed" {
			return fmt.Errorf("the action %s: %s", m.Action.Status, m.Action.Message)
		}
		s.note("%s answers %v", name, m.Action.Results)
		return nil
	}}
}

// becomes waits until all workers say so of the connectors.
func becomes(connect string) act {
	return act{"watch connectors until " + connect, func(ctx context.Context, s *stage) error {
		return until(ctx, connect, func() (bool, error) { return strings.HasSuffix(s.aboutConnect(ctx), connect), nil })
	}}
}

// rolling does something, and looks at the workers all the while until none of
// those from before is left: never fewer than least may be ready.
func rolling(least int, does act) act {
	return act{does.command, func(ctx context.Context, s *stage) error {
		if err := does.do(ctx, s); err != nil {
			return err
		}
		fewest := 1000
		err := until(ctx, "all workers replaced", func() (bool, error) {
			pods, err := s.kube.objects(ctx, "Pod")
			ready, old := 0, 0
			for _, pod := range pods {
				if s.pods[pod.Metadata.UID] {
					old++
				}
				if pod.ready() {
					ready++
				}
			}
			if err == nil {
				fewest = min(fewest, ready)
			}
			return err == nil && old == 0, err
		})
		if err == nil && fewest < least {
			err = fmt.Errorf("only %d workers were ready at a time, and not %d", fewest, least)
		}
		s.note("while they rolled, never fewer than %d were ready", fewest)
		return err
	}}
}

// killLeader kills the leader's agent, with the hook it is in, once that hook has
// changed the workers in Kubernetes and before it has ended.
func killLeader(does act) act {
	return act{does.command + " && kill -9 $(leader's agent and hook)", func(ctx context.Context, s *stage) error {
		before, err := s.generation(ctx)
		if err != nil {
			return err
		}
		if err := does.do(ctx, s); err != nil {
			return err
		}
		if err := until(ctx, "the leader's hook at Kubernetes", func() (bool, error) {
			now, err := s.generation(ctx)
			return now > before, err
		}); err != nil {
			return err
		}
		m, err := s.juju.look("")
		if err != nil {
			return err
		}
		leader := m.leader()
		if agent := m.Units[leader].Agent; agent != "executing" {
			return fmt.Errorf("the leader was to be killed in a hook, and is %s", agent)
		}
		if _, err := s.juju.do(order{Do: "kill-agent", Unit: leader}); err != nil {
			return err
		}
		s.note("%s was killed in the middle of a hook", leader)
		s.killed, s.killedAt = leader, time.Now()
		return nil
	}}
}

// elected waits until a unit leads that was not killed: nobody says which. The
// lease of the dead has to run out before, which was renewed at half of its time, or
// a little later where there is much else to do.
func elected() act {
	return act{"juju status " + app + " # until a unit leads", func(ctx context.Context, s *stage) error {
		if err := until(ctx, "a leader", func() (bool, error) {
			m, err := s.juju.look("")
			if leader := m.leader(); err == nil && leader != s.killed {
				s.leader = leader
			}
			return err == nil && s.leader != "" && s.leader != s.killed, err
		}); err != nil {
			return err
		}
		if s.killed == "" {
			s.note("%s was the first to claim leadership", s.leader)
			return nil
		}
		took := time.Since(s.killedAt)
		if took < lease/4 {
			return fmt.Errorf("%s leads %.1f s after %s was killed, whose lease cannot have run out", s.leader, took.Seconds(), s.killed)
		}
		s.note("%s claimed leadership %.1f s later, when a lease of %s had run out", s.leader, took.Seconds(), lease)
		return nil
	}}
}

// generation counts the changes of what the workers are to be.
func (s *stage) generation(ctx context.Context) (int, error) {
	sets, err := s.kube.objects(ctx, "StatefulSet")
	if err != nil || len(sets) != 1 {
		return 0, errors.Join(fmt.Errorf("there are %d StatefulSets", len(sets)), err)
	}
	return sets[0].Metadata.Generation, nil
}

// changedOnce makes sure that what else was done changed nothing in Kubernetes.
func changedOnce(others ...act) act {
	return act{"kubectl get statefulset connect-connect -o jsonpath={.metadata.generation}", func(ctx context.Context, s *stage) error {
		before, err := s.generation(ctx)
		if err != nil {
			return err
		}
		for _, one := range others {
			s.told.command(one.command)
			if err := one.do(ctx, s); err != nil {
				return err
			}
		}
		after, err := s.generation(ctx)
		if err == nil && after != before {
			err = fmt.Errorf("the workers were changed %d times more", after-before)
		}
		s.note("the next leader changed nothing of the workers again")
		return err
	}}
}

// startKilled is what the machine's service manager does.
func startKilled() act {
	return act{"systemctl start jujud-unit", func(_ context.Context, s *stage) error {
		_, err := s.juju.do(order{Do: "start-agent", Unit: s.killed})
		return err
	}}
}

// away closes the way from the charm to the API server.
func away() act {
	return act{"iptables -A OUTPUT -d $API -j REJECT", func(_ context.Context, s *stage) error {
		s.front.cut()
		return nil
	}}
}

func back() act {
	return act{"iptables -D OUTPUT -d $API -j REJECT", func(_ context.Context, s *stage) error { return s.front.restore() }}
}

// lasts lets a time pass, in which the time for update-status comes twice, and
// all lines go on arriving.
func lasts(d time.Duration) act {
	return act{fmt.Sprintf("sleep %.0f", d.Seconds()), func(ctx context.Context, s *stage) error {
		end := time.Now().Add(d)
		for range 2 {
			if _, err := s.juju.do(order{Do: "update-status", App: app}); err != nil {
				return err
			}
			if err := pause(ctx, time.Until(end)/2); err != nil {
				return err
			}
		}
		m, err := s.settle(ctx)
		if err != nil {
			return err
		}
		s.note("meanwhile: %s", aboutJuju(m))
		s.lines.aim()
		if err := until(ctx, "lines that arrive meanwhile", func() (bool, error) { return s.lines.about() == arrived, nil }); err != nil {
			return err
		}
		return pause(ctx, time.Until(end))
	}}
}

// forwarding asks every worker for what only the one that leads can do: the
// others have to reach that one at the address it advertises.
func forwarding() act {
	return act{"curl -X POST $EACH_WORKER/connectors/connect-sink/restart", func(ctx context.Context, s *stage) error {
		workers := s.workers(ctx)
		for _, name := range workers {
			if err := until(ctx, "a request forwarded by "+name, func() (bool, error) { // 409 while a rebalance is due
				err := s.rest(ctx, name, http.MethodPost, "/connectors/connect-sink/restart?includeTasks=true", nil)
				return err == nil, err
			}); err != nil {
				return err
			}
		}
		s.note("a restart asked of each of %d workers was done: those that do not lead forwarded it", len(workers))
		return nil
	}}
}
