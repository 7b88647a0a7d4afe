package main

// The world in words: each aspect is told in one line, and compared as such.

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// mark remembers the world as a scene begins, to tell afterwards what is new.
func (s *stage) mark() error {
	pods, err := s.Kube.Objects("pods", model)
	if err != nil {
		return err
	}
	s.pods = map[string]bool{}
	for _, pod := range pods {
		s.pods[text(pod, "metadata", "uid")] = true
	}
	if group := s.Group(app); group != nil {
		s.writes = len(group.Writes())
	}
	return nil
}

// examine compares the world with what it should be. Pods start, connectors are
// assigned and bytes flow in their own time, so it looks until all is right or
// its patience ends.
func (s *stage) examine(ctx context.Context, want want) []check {
	var checks []check
	s.await(ctx, func() bool {
		checks = []check{
			{"Juju", want.juju, s.aboutJuju()},
			{"flags", want.flags, s.aboutFlags()},
			{"Kafka", want.kafka, s.aboutKafka()},
			{"Kubernetes", want.kubernetes, s.aboutKubernetes()},
			{"Connect", want.connect, s.aboutConnect(ctx)},
			{"changes", want.calls, s.aboutCalls()},
			{"bytes", want.bytes, s.aboutBytes()},
			{"hooks", "each succeeded, without a hook tool process", s.aboutHooks()},
		}
		return !slices.ContainsFunc(checks, func(c check) bool { return !c.ok() })
	})
	return checks
}

// await looks until what it is given holds, its patience ends, or ctx does.
func (s *stage) await(ctx context.Context, holds func() bool) bool {
	for deadline := time.Now().Add(s.patience); !holds(); {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

// aboutJuju groups the units by what their status says.
func (s *stage) aboutJuju() string {
	var order []string
	units := map[string][]string{}
	for _, u := range s.Status().Units {
		if u.App != app {
			continue
		}
		says := u.Workload + ": " + u.Message
		if u.Agent != "idle" {
			says += " (agent: " + u.Agent + ")"
		}
		if units[says] == nil {
			order = append(order, says)
		}
		units[says] = append(units[says], starred(u))
	}
	if order == nil {
		return "no units"
	}
	for i, says := range order {
		order[i] = strings.Join(units[says], " ") + " " + says
	}
	return strings.Join(order, "; ")
}

func starred(u charmtest.UnitStatus) string {
	if u.Leader {
		return u.Name + "*"
	}
	return u.Name
}

// aboutFlags names the leader's flags, the base layer's and the file layer's by their last parts.
func (s *stage) aboutFlags() string {
	stored := s.State(s.Leader(app))["reactive.state"]
	if stored == "" {
		return "none"
	}
	var state reactive.State
	if err := state.UnmarshalJSON([]byte(stored)); err != nil {
		return err.Error()
	}
	var names []string
	for _, flag := range state.Flags {
		names = append(names, strings.NewReplacer("kafka-connect-base.", "base.", "kafka-connect-file.", "file.").Replace(flag))
	}
	slices.Sort(names)
	return orNone(strings.Join(names, ", "))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// aboutKafka gives each topic with its partitions and copies.
func (s *stage) aboutKafka() string {
	found, err := s.World.Kafka.Topics()
	if err != nil {
		return err.Error()
	}
	if len(found) == 0 {
		return "no topics"
	}
	all, compacted := []string{}, "all compacted"
	for _, name := range slices.Sorted(maps.Keys(found)) {
		topic := found[name]
		all = append(all, fmt.Sprintf("%s %d×%d", name, topic.Partitions, topic.ReplicationFactor))
		if !topic.Compacted {
			compacted = name + " NOT compacted"
		}
	}
	return strings.Join(append(all, compacted), ", ")
}

// aboutKubernetes names every object but Secrets, of which the last few are kept,
// and says how the pods are and what the operator's configuration in them is.
func (s *stage) aboutKubernetes() string {
	var all []string
	left := 0
	for _, kind := range []struct{ resource, name string }{
		{"statefulsets", "StatefulSet"}, {"services", "Service"}, {"poddisruptionbudgets", "PodDisruptionBudget"},
		{"networkpolicies", "NetworkPolicy"}, {"configmaps", "ConfigMap"}, {"secrets", "Secret"}, {"pods", "Pod"},
	} {
		objects, err := s.Kube.Objects(kind.resource, model)
		if err != nil {
			return err.Error()
		}
		left += len(objects)
		var names []string
		for _, object := range objects {
			names = append(names, text(object, "metadata", "name"))
		}
		switch {
		case kind.resource == "secrets" || kind.resource == "pods" || len(names) == 0:
		case len(names) == 1:
			all = append(all, kind.name+" "+names[0])
		default:
			all = append(all, kind.name+"s "+strings.Join(names, " and "))
		}
	}
	if left == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ") + "; " + s.aboutPods()
}

func (s *stage) aboutPods() string {
	sets, err := s.Kube.Objects("statefulsets", model)
	if err != nil || len(sets) != 1 {
		return fmt.Sprintf("%d StatefulSets", len(sets))
	}
	pods, err := s.Kube.Objects("pods", model)
	if err != nil {
		return err.Error()
	}
	fresh := 0
	for _, pod := range pods {
		if !s.pods[text(pod, "metadata", "uid")] {
			fresh++
		}
	}
	says := fmt.Sprintf("%s of %s pods ready", orZero(text(sets[0], "status", "readyReplicas")), orZero(text(sets[0], "spec", "replicas")))
	if fresh > 0 {
		says += fmt.Sprintf(", %d new", fresh)
	}
	if line := s.mountedLine(sets[0], "offset.flush.interval.ms"); line != "" {
		says += ", " + line
	}
	return says
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// mountedLine gives the line of a property in what the pods' template mounts; "" where there is none.
func (s *stage) mountedLine(set map[string]any, property string) string {
	secrets, err := s.Kube.Objects("secrets", model)
	if err != nil {
		return err.Error()
	}
	mounted := fmt.Sprint(dig(set, "spec", "template", "spec", "volumes"))
	for _, secret := range secrets {
		if !strings.Contains(mounted, text(secret, "metadata", "name")) {
			continue
		}
		content, err := base64.StdEncoding.DecodeString(text(secret, "data", "connect-distributed.properties"))
		if err != nil {
			return err.Error()
		}
		for line := range strings.Lines(string(content)) {
			if strings.HasPrefix(line, property) {
				return strings.TrimSpace(line)
			}
		}
	}
	return ""
}

// aboutConnect asks the workers, and where there are none what their topic holds.
func (s *stage) aboutConnect(ctx context.Context) string {
	groups := s.Groups()
	if len(groups) == 0 {
		return "no group"
	}
	slices.Sort(groups)
	workers := s.Group(app).Workers()
	says := fmt.Sprintf("group %s, %d workers; ", strings.Join(groups, " and "), len(workers))
	if len(workers) == 1 {
		says = strings.Replace(says, "workers", "worker", 1)
	}
	if len(workers) > 0 {
		return says + connectors(ctx, workers[0].URL())
	}
	var kept []string
	for _, name := range []string{app + "-sink", app + "-source"} {
		if s.Store.Config(model+"."+app+".connectconfigs", name) != nil {
			kept = append(kept, name+" is still in the topic")
		}
	}
	if kept == nil {
		kept = []string{"no connectors"}
	}
	return says + strings.Join(kept, ", ")
}

func connectors(ctx context.Context, url string) string {
	client, err := connect.New(connect.Options{URLs: []string{url}, Budget: 5 * time.Second})
	if err != nil {
		return err.Error()
	}
	response, err := client.Expand(ctx)
	if err != nil {
		return err.Error()
	}
	var live map[string]connect.Expanded
	if err := response.Decode(&live); err != nil {
		return err.Error()
	}
	if len(live) == 0 {
		return "no connectors"
	}
	return world.Tell(live)
}

// aboutCalls gives what Connect was asked to change in this scene, sorted: what is
// asked at once comes in no order.
func (s *stage) aboutCalls() string {
	group := s.Group(app)
	if group == nil {
		return "none"
	}
	var calls []string
	for _, call := range group.Writes()[s.writes:] {
		calls = append(calls, call.String())
	}
	slices.Sort(calls)
	return orNone(strings.Join(calls, ", "))
}

// aboutBytes follows the lines from file to file.
func (s *stage) aboutBytes() string {
	delivered, err := os.ReadFile(s.sink())
	if err != nil && !os.IsNotExist(err) {
		return err.Error()
	}
	lines := strings.Fields(string(delivered))
	says := fmt.Sprintf("%d lines written, %d in Kafka, %d in the sink", len(s.wrote), len(s.Store.Records(topic)), len(lines))
	if len(lines) > len(s.wrote) || !slices.Equal(lines, s.wrote[:len(lines)]) {
		says += ", NOT as written: " + strings.Join(lines, " ")
	}
	return says
}

func (s *stage) aboutHooks() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.Journal() {
		if !h.OK() {
			return fmt.Sprintf("%s on %s failed: %s", h.Name, h.Unit, h.Err)
		}
	}
	if s.sum.Processes > 0 {
		return fmt.Sprintf("each succeeded, with %d hook tool processes", s.sum.Processes)
	}
	return "each succeeded, without a hook tool process"
}

// dig goes down into an object; nil where the way ends.
func dig(object any, way ...string) any {
	for _, key := range way {
		inner, ok := object.(map[string]any)
		if !ok {
			return nil
		}
		object = inner[key]
	}
	return object
}

func text(object any, way ...string) string {
	found := dig(object, way...)
	if found == nil {
		return ""
	}
	return fmt.Sprint(found)
}
