package workers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Settings are the operator's options, read and checked.
type Settings struct {
	Workers           int               // pods; 0 stops them all
	GroupID           string            // by default the application's name; see memory.group
	GroupGiven        bool              // the operator chose it
	Topics            []string          // what the connectors work on
	Overrides         map[string]string // the option worker-config, key to value
	Image             string            // empty: the layer's or the base layer's own
	Profile           kube.Profile      // how to run it; zero: what is known of the image
	Namespace         string            // by default the model's name
	ServiceType       string            // ClusterIP, NodePort or LoadBalancer
	Kubeconfig        string            // text, or the URI of a Juju secret
	ReplicationFactor int               // 0: one copy on every broker
	MemoryMiB         int               // of one worker
	NetworkPolicy     bool
	Attached          Attached // what is made of the attached connectors
}

// Settings reads the options. Where any is wrong the error is a blocked outcome
// that says what to set; it holds no value of worker-config or kubeconfig, which
// may be secret.
func (u *Unit) Settings(ctx context.Context) (Settings, error) {
	config, err := u.Config(ctx)
	if err != nil {
		return Settings{}, err
	}
	s, problems := parseSettings(config, u.Application(), u.Model())
	switch more := len(problems) - 1; {
	case more == 0:
		return s, reactive.Blocked("%s", problems[0])
	case more > 0:
		return s, reactive.Blocked("%s (and %d more, see juju debug-log)", problems[0], more)
	}
	return s, nil
}

// Problems gives everything that is wrong with the options, so that the operator mends it in one go.
func (u *Unit) Problems(ctx context.Context) ([]string, error) {
	config, err := u.Config(ctx)
	if err != nil {
		return nil, err
	}
	_, problems := parseSettings(config, u.Application(), u.Model())
	return problems, nil
}

func parseSettings(config juju.Config, application, model string) (Settings, []string) {
	c := check{}
	s := Settings{
		Workers:           config.Int("workers"),
		GroupID:           strings.TrimSpace(config.String("group-id")),
		Topics:            splitTopics(config.String("topics")),
		Image:             strings.TrimSpace(config.String("image")),
		Namespace:         strings.TrimSpace(config.String("namespace")),
		ServiceType:       strings.TrimSpace(config.String("service-type")),
		Kubeconfig:        strings.TrimSpace(config.String("kubeconfig")),
		ReplicationFactor: config.Int("replication-factor"),
		NetworkPolicy:     config.Bool("network-policy"),
		Attached: Attached{
			Environment: strings.TrimSpace(config.String("connectors-env")),
			Policy:      AttachedPolicy(orDefault(strings.TrimSpace(config.String("connectors-policy")), string(PolicyOff))),
			Secrets:     strings.TrimSpace(config.String("connectors-secrets")),
		},
	}
	s.GroupGiven = s.GroupID != ""
	s.GroupID = orDefault(s.GroupID, application)
	s.Namespace = orDefault(s.Namespace, model)
	s.ServiceType = orDefault(s.ServiceType, "ClusterIP")

	c.expect(s.Workers >= 0, "option workers is %d: set it to 0 or more", s.Workers)
	c.expect(s.Workers <= 1000, "option workers is %d: at most 1000 are deployed", s.Workers)
	c.expect(s.ReplicationFactor >= 0, "option replication-factor is %d: set it to 0 (one copy on every broker) or more", s.ReplicationFactor)
	c.expect(slices.Contains([]string{"ClusterIP", "NodePort", "LoadBalancer"}, s.ServiceType),
		"option service-type is %q: set it to ClusterIP, NodePort or LoadBalancer", s.ServiceType)
	c.expect(isDNSLabel(s.Namespace), "option namespace is %q: a Kubernetes namespace has lower-case letters, digits and inner hyphens", s.Namespace)
	c.expect(!strings.ContainsAny(s.GroupID, "\n\r\t"), "option group-id holds a line break or a tab: write it in one line")
	c.expect(!strings.ContainsAny(s.Image, " \n\r\t"), "option image is %q: write one image reference without blanks", s.Image)
	c.expect(len(s.Topics) > 0 || config.String("topics") == "", "option topics names no topic: write names, separated by blanks or commas")
	c.expect(len(application) <= longestApplication,
		"the application's name has %d letters, at most %d leave room for what Kubernetes adds: deploy it under a shorter one", len(application), longestApplication)
	c.expect(!s.NetworkPolicy || s.Kubeconfig == "",
		"option network-policy would shut out the charm itself, which comes through the API server with option kubeconfig: set it to false")
	c.attached(s.Attached)
	for _, topic := range s.Topics {
		c.expect(isTopicName(topic), "option topics: %q is not a name Kafka takes: letters, digits, '.', '_' and '-', at most 249", topic)
	}
	s.Profile = c.profile(config.String("image-profile"))
	s.MemoryMiB = c.memory(config.String("memory"))
	s.Overrides = c.overrides(config.String("worker-config"))
	return s, c.problems
}

// longestApplication leaves room for "-connect" in the name of a StatefulSet, which Kubernetes
// bounds at 52 by the labels of its pods.
const longestApplication = 44

// check gathers what is wrong.
type check struct {
	problems []string
}

func (c *check) expect(ok bool, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}

// sizes are 512M, 1G, 1.5G, 512Mi or 1GiB; like Juju's constraints, all are powers of 1024.
var sizes = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([MG])i?B?$`)

func (c *check) memory(text string) (mib int) {
	text = orDefault(strings.TrimSpace(text), "1G")
	if parts := sizes.FindStringSubmatch(text); parts != nil {
		amount, err := strconv.ParseFloat(parts[1], 64)
		if err == nil && parts[2] == "G" {
			amount *= 1024
		}
		mib = int(min(amount, 1<<30))
	}
	c.expect(mib >= 256 && mib <= 1024*1024, "option memory is %q: write it as 512M or 2G, from 256M to 1024G", text)
	return mib
}

// profile reads the option image-profile.
func (c *check) profile(text string) (p kube.Profile) {
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		at := fmt.Sprintf("option image-profile, line %d", number+1)
		ok := found && value != ""
		switch key {
		case "command":
			p.Command = strings.Fields(value)
		case "config-dir":
			p.ConfigDir = value
			ok = ok && strings.HasPrefix(value, "/")
		case "user":
			user, err := strconv.ParseInt(value, 10, 64)
			p.User = user
			ok = ok && err == nil && user > 0
		case "kafka":
			n, err := fmt.Sscanf(value, "%d.%d", &p.Kafka.Major, &p.Kafka.Minor)
			ok = ok && err == nil && n == 2
		default:
			ok = false
		}
		c.expect(ok, "%s: write command=PROGRAM, config-dir=/FOLDER, user=NUMBER or kafka=MAJOR.MINOR", at)
		p.Name = "option image-profile"
	}
	return p
}

// splitTopics gives each topic once, in the order of their first mention.
func splitTopics(text string) (topics []string) {
	for _, topic := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) }) {
		if !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	}
	return topics
}

// isTopicName follows Kafka's own rule (org.apache.kafka.common.internals.Topic).
func isTopicName(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > 249 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !isAlphanumeric(r) && r != '.' && r != '_' && r != '-'
	})
}

func isDNSLabel(name string) bool {
	if name == "" || len(name) > 63 || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (!isAlphanumeric(r) || r >= 'A' && r <= 'Z')
	})
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
