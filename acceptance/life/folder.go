package main

// A folder of connectors, kept with the charm: attached as a resource, which the
// agents fetch from the controller.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// attach attaches a folder with a sink for each name, which writes the lines to
// a file of that name.
func attach(files map[string]string) act {
	var says []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		says = append(says, name+" → /shared/"+files[name])
	}
	text := "tar czf connectors.tgz connectors && juju attach-resource " + app + " connectors=connectors.tgz # " + strings.Join(says, ", ")
	return act{text, func(ctx context.Context, s *stage) error {
		texts := map[string]string{"sink.libsonnet": "function(file) { 'connector.class': 'FileStreamSink', topics: '" + topic + "', file: '/shared/' + file }\n"}
		for name, file := range files {
			texts["prod/"+name+".jsonnet"] = "(import '../sink.libsonnet')('" + file + "')\n"
		}
		folder := filepath.Join(s.dir, "folder", "connectors")
		err := errors.Join(os.RemoveAll(folder), os.MkdirAll(filepath.Join(folder, "prod"), 0o755))
		for name, text := range texts {
			err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644))
		}
		if err != nil {
			return fmt.Errorf("cannot write the folder of connectors: %w", err)
		}
		archive := filepath.Join(s.dir, "connectors.tgz")
		if out, err := exec.CommandContext(ctx, "tar", "-czf", archive, "-C", filepath.Dir(folder), "connectors").CombinedOutput(); err != nil {
			return fmt.Errorf("cannot pack the folder of connectors: %w: %s", err, out)
		}
		_, err = s.juju.do(order{Do: "attach", App: app, Resource: "connectors", File: archive})
		return err
	}}
}

// reaches waits until a sink's file has what was written so far: all of it, or,
// where the sink went on from where another file ended, the last of it.
func reaches(file string, all bool) act {
	return act{"tail -f /shared/" + file, func(ctx context.Context, s *stage) error {
		sink, written := &lines{to: filepath.Join(s.dir, "shared", file)}, s.lines.aim()
		err := until(ctx, "all lines in "+file, func() (bool, error) {
			seen, last, err := sink.read()
			for n := 1; all && n <= written; n++ {
				if seen[n] == 0 {
					return false, err
				}
			}
			return last >= written, err
		})
		if err == nil {
			s.note("%s has line %d, the last that was written", file, written)
		}
		return err
	}}
}

// changesOnly does something, and makes sure that of all connectors it changed
// this one: the others have the configurations and the very consumers they had.
func changesOnly(name string, does act) act {
	return act{does.command, func(ctx context.Context, s *stage) error {
		before := map[string]string{}
		if err := until(ctx, "all sinks' consumers", func() (yes bool, err error) {
			before, err = s.consumers(ctx)
			return err == nil, err
		}); err != nil {
			return err
		}
		configs, err := s.configs(ctx)
		if err != nil {
			return err
		}
		if err := does.do(ctx, s); err != nil {
			return err
		}
		if err := until(ctx, "another configuration of "+name, func() (bool, error) {
			now, err := s.configs(ctx)
			return now[name] != configs[name], err
		}); err != nil {
			return err
		}
		after := map[string]string{}
		if err := until(ctx, "another consumer of "+name, func() (bool, error) {
			after, err = s.consumers(ctx)
			return len(after) == len(before) && after[name] != before[name], err
		}); err != nil {
			return err
		}
		now, err := s.configs(ctx)
		for _, one := range slices.Sorted(maps.Keys(configs)) {
			if one != name && (now[one] != configs[one] || after[one] != before[one]) {
				err = errors.Join(err, fmt.Errorf("%s was changed, too: from %s (consumer %s) to %s (consumer %s)", one, configs[one], before[one], now[one], after[one]))
			}
		}
		s.note("%s alone was changed and started again: the other sinks' consumers are those from before", name)
		return err
	}}
}

// configs gives each connector's configuration, as the workers have it.
func (s *stage) configs(ctx context.Context) (map[string]string, error) {
	workers := s.workers(ctx)
	if len(workers) == 0 {
		return nil, errors.New("there is no worker to ask")
	}
	var live map[string]struct {
		Info struct{ Config map[string]string }
	}
	if err := s.rest(ctx, workers[0], http.MethodGet, "/connectors?expand=info", &live); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for name, one := range live {
		all[name] = fmt.Sprint(one.Info.Config)
	}
	return all, nil
}

// consumers names the consumer of each sink, as Kafka's own tool sees it: one that
// was started again has another name.
func (s *stage) consumers(ctx context.Context) (map[string]string, error) {
	text, err := s.tool(ctx, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--describe", "--members", "--all-groups")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^connect-(\S+)\s+(connector-consumer-\S+)`).FindAllStringSubmatch(text, -1) {
		all[found[1]] = found[2]
	}
	if len(all) < 3 {
		return all, fmt.Errorf("there are only the consumers %v:\n%s", all, text)
	}
	return all, nil
}
