package main

// Where connectors are deployed to: a worker, or several, that can be asked what they were asked and how often they
// rebalanced.

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
)

// A site is a group of workers without connectors.
type site struct {
	url string // of the one that is asked
	// seen are all requests so far, as "GET /connectors", and how many rebalances there were.
	seen  func() (requests []string, rebalances int, err error)
	close func()
}

// address is the site's host and port.
func (s *site) address() string { return strings.TrimPrefix(s.url, "http://") }

// A region makes sites.
type region struct {
	open  func(ctx context.Context, name string, workers int) (*site, error)
	close func()
}

// newRegion starts what all sites share.
func newRegion(ctx context.Context, o options, dir string) (*region, error) {
	if o.kafka == "" {
		return &region{open: embeddedSite, close: func() {}}, nil
	}
	k, err := realkafka.Get(ctx, o.kafka, o.logf)
	if err != nil {
		return nil, err
	}
	k.HeapMiB = 256 + 2*o.connectors // every source has a producer, which has a connection, a thread and a hundred meters
	brokers, err := k.StartBrokers(ctx, dir, realkafka.BrokerOptions{})
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context, name string, workers int) (*site, error) {
		return realSite(ctx, k, brokers, filepath.Join(dir, name), workers, o.linger)
	}
	return &region{open: open, close: brokers.Close}, nil
}

func embeddedSite(context.Context, string, int) (*site, error) {
	cluster := connecttest.NewCluster(connecttest.Options{})
	worker, err := cluster.Listen()
	if err != nil {
		cluster.Close()
		return nil, err
	}
	seen := func() ([]string, int, error) {
		var all []string
		for _, call := range cluster.Journal() {
			all = append(all, call.Method+" "+call.Path)
		}
		return all, cluster.Rebalances(), nil
	}
	return &site{url: worker.URL(), seen: seen, close: cluster.Close}, nil
}

// answered is how a worker logs a request it has answered.
var answered = regexp.MustCompile(`"((?:GET|PUT|POST|PATCH|DELETE) \S+) HTTP/1\.1"`)

// realSite starts workers in a group of their own. The first one is asked.
func realSite(ctx context.Context, k *realkafka.Kafka, brokers *realkafka.Brokers, own string, workers, linger int) (*site, error) {
	if err := os.Mkdir(own, 0o755); err != nil {
		return nil, err
	}
	name := filepath.Base(own)
	var all []*realkafka.Worker
	s := &site{close: func() {
		for _, worker := range all {
			worker.Close()
		}
	}}
	for i := range workers {
		worker, err := k.StartWorker(ctx, own, fmt.Sprintf("worker-%d", i), map[string]string{
			"bootstrap.servers": strings.Join(brokers.Addrs(), ","), "group.id": name,
			"config.storage.topic": name + "-configs", "config.storage.replication.factor": "1",
			"offset.storage.topic": name + "-offsets", "offset.storage.replication.factor": "1",
			"status.storage.topic": name + "-status", "status.storage.replication.factor": "1",
			"offset.flush.interval.ms": "60000", // as it is where nobody changes it
			"linger.ms":                strconv.Itoa(linger),
		})
		if err != nil {
			s.close()
			return nil, err
		}
		all = append(all, worker)
	}
	s.url = all[0].URL
	s.seen = func() ([]string, int, error) {
		log, err := all[0].Log()
		if err != nil {
			return nil, 0, fmt.Errorf("cannot count what the worker did: %w", err)
		}
		var requests []string
		for _, found := range answered.FindAllStringSubmatch(log, -1) {
			requests = append(requests, found[1])
		}
		return requests, strings.Count(log, "Successfully joined group with generation"), nil
	}
	return s, nil
}

// kind is what a request is about, without names: "PUT config". It is empty for a look of the benchmark itself.
func kind(request string) string {
	method, target, _ := strings.Cut(request, " ")
	at, err := url.ParseRequestURI(target)
	parts := strings.Split(strings.Trim(target, "/"), "/")
	switch {
	case err != nil, at.Query().Has("benchmark"):
		return ""
	case strings.HasSuffix(at.Path, "/validate"):
		return method + " validate"
	case len(parts) == 3:
		return method + " " + parts[2]
	case at.Query().Has("expand"):
		return method + " all, " + strings.Join(at.Query()["expand"], "+")
	}
	return method + " " + at.Path
}
