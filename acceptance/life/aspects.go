package main

// The world in words: each aspect is told in one line, and compared as such.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// want is the world as it should be after a step.
type want struct {
	leads, others                                           string // the units' status; "" where there are none
	flags, memory, kafka, kubernetes, connect, bytes, hooks string
}

// units is how many there are.
const units = 3

// juju tells the units in the words of aboutJuju.
func (w want) juju(leader string) string {
	m := model{Units: map[string]unit{}}
	for i := 0; i < units && w.leads != ""; i++ {
		u, says := unit{Agent: "idle"}, w.others
		name := fmt.Sprintf("%s/%d", app, i)
		if name == leader {
			u.Leader, says = true, w.leads
		}
		u.Workload, u.Message, _ = strings.Cut(says, ": ")
		m.Units[name] = u
	}
	return aboutJuju(m)
}

// check is one aspect of the world, as it should be and as it is.
type check struct{ about, want, got string }

func (c check) ok() bool { return c.want == c.got }

// tickEvery is how long the world may stand still before the time for
// update-status comes; in a model that would be five minutes.
const tickEvery = 5 * time.Second

// standstill is how long the world may be other than it should be, and the same:
// longer than a pod's grace of a minute, which a worker of 4.3.1 was once seen to
// need: its REST server did not end.
const standstill = 80 * time.Second

// examine compares the world with what it should be. What goes on outside Juju
// takes its time, so it looks until all is right, and lets the time for
// update-status come while it is not.
func (s *stage) examine(ctx context.Context, want want) ([]check, error) {
	ticked, moved := time.Now(), time.Now()
	var before []check
	for first := true; ; first = false {
		m, err := s.settle(ctx)
		if err != nil {
			return nil, err
		}
		if first {
			s.lines.aim()
		}
		checks := []check{
			{"Juju", want.juju(s.leader), aboutJuju(m)},
			{"flags", want.flags, aboutFlags(m)},
			{"memory", want.memory, aboutMemory(m)},
			{"Kafka", want.kafka, s.aboutKafka(ctx)},
			{"Kubernetes", want.kubernetes, s.aboutKubernetes(ctx)},
			{"Connect", want.connect, s.aboutConnect(ctx)},
			{"bytes", want.bytes, s.lines.about()},
			{"hooks", want.hooks, aboutHooks(m)},
		}
		if !slices.ContainsFunc(checks, func(c check) bool { return !c.ok() }) {
			return checks, nil
		}
		if !slices.Equal(before, checks) {
			before, moved = checks, time.Now()
		}
		if time.Since(moved) > standstill {
			return checks, nil
		}
		if time.Since(ticked) > tickEvery && len(m.Units) > 0 {
			if _, err := s.juju.do(order{Do: "update-status", App: app}); err != nil {
				return checks, err
			}
			s.ticks++
			ticked = time.Now()
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return checks, nil // what differs is said by the checks
		}
	}
}

// aboutJuju groups the units by what their status says.
func aboutJuju(m model) string {
	var order []string
	units := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(m.Units)) {
		u := m.Units[name]
		says := u.Workload + ": " + u.Message
		if u.Agent != "idle" {
			says += " (agent: " + u.Agent + ")"
		}
		if units[says] == nil {
			order = append(order, says)
		}
		if u.Leader {
			name += "*"
		}
		units[says] = append(units[says], name)
	}
	for i, says := range order {
		order[i] = strings.Join(units[says], " ") + " " + says
	}
	return orNone(strings.Join(order, "; "))
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// aboutFlags names the leader's flags by their last parts.
func aboutFlags(m model) string {
	var names []string
	for _, flag := range m.Units[m.leader()].Flags {
		names = append(names, strings.NewReplacer("kafka-connect-base.", "base.", "kafka-connect-file.", "file.").Replace(flag))
	}
	slices.Sort(names)
	return orNone(strings.Join(names, ", "))
}

// aboutMemory names the connectors that the leader left word of for the next one,
// in the application's data of the peer relation.
func aboutMemory(m model) string {
	var says []string
	for _, text := range m.Relations[app+":cluster"][app] {
		var left struct {
			Connectors map[string]struct{ State string }
		}
		if err := json.Unmarshal([]byte(text), &left); err != nil {
			return err.Error()
		}
		for name, one := range left.Connectors {
			says = append(says, strings.TrimSpace(name+" "+one.State))
		}
	}
	slices.Sort(says)
	return orNone(strings.Join(says, ", "))
}

// aboutHooks names those that failed.
func aboutHooks(m model) string {
	var failed []string
	for _, unit := range slices.Sorted(maps.Keys(m.Hooks)) {
		for _, line := range m.Hooks[unit] {
			if hook, is := strings.CutPrefix(line, "FAIL "); is {
				failed = append(failed, unit+" "+hook)
			}
		}
	}
	if failed == nil {
		return succeeded
	}
	return "failed: " + strings.Join(failed, ", ")
}

// aboutKafka gives the brokers that live, and each topic of Connect's with its
// partitions and copies.
func (s *stage) aboutKafka(ctx context.Context) string {
	brokers, err := s.admin.Brokers(ctx)
	if err != nil {
		return err.Error()
	}
	prefix := namespace + "." + app + "."
	found, err := s.admin.Topics(ctx, prefix+"connectconfigs", prefix+"connectoffsets", prefix+"connectstatus", topic)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t := found[name]
		says := fmt.Sprintf("%s %d×%d", strings.TrimPrefix(name, prefix), t.Partitions, t.ReplicationFactor)
		if !t.Compacted && name != topic {
			says += " NOT compacted"
		}
		all = append(all, says)
	}
	return fmt.Sprintf("%d brokers; %s", len(brokers), orNone(strings.Join(all, ", ")))
}

// aboutKubernetes names every object but Secrets, and says how the pods are.
func (s *stage) aboutKubernetes(ctx context.Context) string {
	var all []string
	left := 0
	for _, r := range resources {
		objects, err := s.kube.objects(ctx, r.kind)
		if err != nil {
			return err.Error()
		}
		left += len(objects)
		var names []string
		for _, o := range objects {
			names = append(names, o.Metadata.Name)
		}
		switch {
		case r.kind == "Secret" || r.kind == "Pod" || len(names) == 0:
		case len(names) == 1:
			all = append(all, r.kind+" "+names[0])
		default:
			all = append(all, r.kind+"s "+strings.Join(names, " and "))
		}
	}
	if left == 0 {
		return "nothing"
	}
	return orNone(strings.Join(all, ", ")) + "; " + s.aboutPods(ctx)
}

func (s *stage) aboutPods(ctx context.Context) string {
	sets, err := s.kube.objects(ctx, "StatefulSet")
	if err != nil {
		return err.Error()
	}
	pods, err := s.kube.objects(ctx, "Pod")
	if err != nil {
		return err.Error()
	}
	if len(sets) != 1 {
		return fmt.Sprintf("%d StatefulSets, %d pods", len(sets), len(pods))
	}
	fresh, ready := 0, 0
	for _, pod := range pods {
		if !s.pods[pod.Metadata.UID] {
			fresh++
		}
		if pod.ready() {
			ready++
		}
	}
	says := fmt.Sprintf("%d of %d pods ready", ready, sets[0].Spec.Replicas)
	if len(pods) != sets[0].Spec.Replicas {
		says += fmt.Sprintf(" and %d to go", len(pods)-ready)
	}
	if fresh > 0 {
		says += fmt.Sprintf(", %d new", fresh)
	}
	return says
}

// aboutConnect asks Kafka who works in the group, and every worker what runs.
func (s *stage) aboutConnect(ctx context.Context) string {
	group, err := s.admin.Group(ctx, app)
	if err != nil {
		return err.Error()
	}
	says := fmt.Sprintf("%d workers in the group", len(group.Members))
	if len(group.Members) == 1 {
		says = "1 worker in the group"
	}
	var views []string
	for _, name := range s.workers(ctx) {
		view := s.connectors(ctx, name)
		if !slices.Contains(views, view) {
			views = append(views, view)
		}
	}
	if len(views) > 0 {
		says += "; " + strings.Join(views, " BUT ")
	}
	return says
}

// workers are the pods that are ready.
func (s *stage) workers(ctx context.Context) (names []string) {
	pods, err := s.kube.objects(ctx, "Pod")
	if err != nil {
		return nil
	}
	for _, pod := range pods {
		if pod.ready() {
			names = append(names, pod.Metadata.Name)
		}
	}
	slices.Sort(names)
	return names
}

// rest asks one worker's REST API, by the API server's proxy to its pod.
func (s *stage) rest(ctx context.Context, worker, method, path string, answer any) error {
	return s.kube.call(ctx, method, "/api/v1/namespaces/"+namespace+"/pods/"+worker+":8083/proxy"+path, nil, answer)
}

func (s *stage) connectors(ctx context.Context, worker string) string {
	var live map[string]connect.Expanded
	if err := s.rest(ctx, worker, http.MethodGet, "/connectors?expand=status", &live); err != nil {
		return err.Error()
	}
	return orNone(world.Tell(live))
}
