package kube_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestProfileFor(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]struct {
		name, kafka string
		user        int64
	}{
		"sborny/kafka-connect-base":                   {"sborny/kafka-connect-base", "0.10", 0},
		"docker.io/sborny/kafka-connect-base:latest":  {"sborny/kafka-connect-base", "0.10", 0},
		"apache/kafka":                                {"apache/kafka", "4.0", 1000},
		"apache/kafka:latest":                         {"apache/kafka", "4.0", 1000},
		"apache/kafka:3.9.1":                          {"apache/kafka", "3.9", 1000},
		"apache/kafka:4.1.0-rc0":                      {"apache/kafka", "4.1", 1000},
		"registry.example:5000/apache/kafka:3.7.0":    {"apache/kafka", "3.7", 1000},
		"apache/kafka:3.8.0@sha256:0123":              {"apache/kafka", "3.8", 1000},
		"confluentinc/cp-kafka-connect:7.5.1":         {"confluent", "3.5", 1000},
		"confluentinc/cp-kafka-connect-base:8.0.0":    {"confluent", "4.0", 1000},
		"confluentinc/cp-server-connect:6.2.0":        {"confluent", "2.8", 1000},
		"confluentinc/cp-kafka-connect:5.5.0":         {"confluent", "2.5", 1000},
		"confluentinc/cp-kafka-connect":               {"confluent", "4.0", 1000},
		"registry.example:5000/kafka-connect-mongodb": {"generic", "unknown", 0},
		"notapache/kafka-ui:1.0":                      {"generic", "unknown", 0},
		"":                                            {"generic", "unknown", 0},
	} {
		p := kube.ProfileFor(image)
		if p.Name != want.name || p.Kafka.String() != want.kafka || p.User != want.user {
			t.Errorf("ProfileFor(%q) = %s, Kafka %s, user %d; want %v", image, p.Name, p.Kafka, p.User, want)
		}
	}
}

func TestVersionAtLeast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    kube.Version
		want bool
	}{
		{kube.Version{}, false}, {kube.Version{Major: 0, Minor: 10}, false}, {kube.Version{Major: 3, Minor: 8}, false},
		{kube.Version{Major: 3, Minor: 9}, true}, {kube.Version{Major: 3, Minor: 10}, true}, {kube.Version{Major: 4}, true},
	} {
		if got := c.v.AtLeast(3, 9); got != c.want {
			t.Errorf("%s is at least 3.9: %t", c.v, got)
		}
	}
}
