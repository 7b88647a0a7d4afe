package main

// Kafka as its own tools see it.

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// tool runs one of Kafka's own.
func (s *stage) tool(ctx context.Context, class string, args ...string) (string, error) {
	return s.release.Tool(ctx, class, append([]string{"--bootstrap-server", strings.Join(s.addresses(), ",")}, args...)...)
}

// describeTopics holds Connect's three topics against what they have to be.
func describeTopics() act {
	return act{"kafka-topics.sh --describe", func(ctx context.Context, s *stage) error {
		text, err := s.tool(ctx, "org.apache.kafka.tools.TopicCommand", "--describe")
		if err != nil {
			return err
		}
		for name, partitions := range map[string]int{"connectconfigs": 1, "connectoffsets": 50, "connectstatus": 10} {
			name = namespace + "." + app + "." + name
			if !regexp.MustCompile(fmt.Sprintf(`(?m)^Topic: %s\s.*PartitionCount: %d\s+ReplicationFactor: 3\s+Configs:.*\bcleanup\.policy=compact(,min|,segment|$|\s)`,
				regexp.QuoteMeta(name), partitions)).MatchString(text) {
				return fmt.Errorf("%s has not %d partitions with 3 copies, compacted:\n%s", name, partitions, text)
			}
			if n := len(regexp.MustCompile(fmt.Sprintf(`(?m)^\s+Topic: %s\s+Partition: .*Replicas: (\d,){2}\d\s`, regexp.QuoteMeta(name))).FindAllString(text, -1)); n != partitions {
				return fmt.Errorf("%d partitions of %s have 3 copies, not %d:\n%s", n, name, partitions, text)
			}
		}
		s.note("Kafka's own tool sees 1, 50 and 10 partitions, each with 3 copies, compacted")
		return nil
	}}
}

// listGroups holds all groups of Connect's workers there are against those there
// should be. Kafka before 4 has no tool that lists them.
func listGroups(release string, want ...string) act {
	const class = "org.apache.kafka.tools.GroupsCommand"
	if strings.HasPrefix(release, "3.") {
		return act{"# no tool of Kafka " + release + " lists groups that are not consumers", func(context.Context, *stage) error { return nil }}
	}
	return act{"kafka-groups.sh --list --protocol connect", func(ctx context.Context, s *stage) error {
		text, err := s.tool(ctx, class, "--list", "--protocol", "connect")
		if err != nil {
			return err
		}
		var got []string
		for _, found := range regexp.MustCompile(`(?m)^(\S+)\s+\S+\s+connect\s*$`).FindAllStringSubmatch(text, -1) {
			got = append(got, found[1])
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("the groups of workers are %q, not %q:\n%s", got, want, text)
		}
		s.note("Kafka's own tool sees the group of workers %s and no other", strings.Join(got, " and "))
		return nil
	}}
}
