package main

// The life, step by step: what is done, and the world that it leads to.

import (
	"fmt"
	"strings"
	"time"
)

// What recurs.
const (
	none      = "none"
	succeeded = "each succeeded"
	standBy   = "active: standing by: the leader looks after the workers"
	noKafka   = "blocked: Kafka is missing: juju integrate connect:kafka with a Kafka application"
	noTopics  = "3 brokers; none"
	topics    = "lines 1×3, connectconfigs 1×3, connectoffsets 50×3, connectstatus 10×3"
	allFlags  = "base.configured, base.install, base.installed, base.ready, base.topic-created, file.configured, file.running, kafka-connect.running"
	objects   = "StatefulSet connect-connect, Services connect-connect and connect-connect-workers, PodDisruptionBudget connect-connect; "
	memory    = "connect-sink RUNNING, connect-source RUNNING"
	both      = "; connect-sink RUNNING, connect-source RUNNING"
)

func life(kafka string) []step {
	steps := arriving(kafka)
	steps = append(steps, changing(kafka)...)
	steps = append(steps, suffering(kafka)...)
	return append(steps, leaving()...)
}

func arriving(kafka string) []step {
	nothing := want{leads: noKafka, others: noKafka, flags: none, memory: none, kafka: noTopics,
		kubernetes: "nothing", connect: "0 workers in the group", bytes: nobody, hooks: succeeded}
	related := nothing
	related.leads = "blocked: no way to Kubernetes: juju integrate connect:kubernetes with a kubernetes-deployer, or set option kubeconfig"
	related.others = related.leads
	related.kafka = "3 brokers; " + topics
	related.flags = "base.install, base.topic-created, file.configured"
	running := want{leads: "active: 2 workers, 2 connectors", others: standBy, flags: allFlags, memory: memory,
		kafka: "3 brokers; " + topics, kubernetes: objects + "2 of 2 pods ready, 2 new", connect: "2 workers in the group" + both,
		bytes: nobody, hooks: succeeded}
	flowing := running
	flowing.kubernetes, flowing.bytes = objects+"2 of 2 pods ready", arrived
	return []step{
		{"deploy", "three units under Juju's own agents", []act{deploy(units), elected()}, nothing},
		{"configure", "options, and nothing happens yet", []act{configFiles(), config("workers=2 memory=256M image=apache/kafka:"+kafka+" worker-config=…",
			map[string]any{"workers": 2, "memory": "256M", "image": "apache/kafka:" + kafka, "worker-config": workerConfig(kafka, 1000)})}, nothing},
		{"integrate", "real brokers arrive, topics are made", []act{createTopic(), deployKafka(), integrate(), rest(), describeTopics()}, related},
		{"workers", "two workers are rolled out, and reach each other", []act{configKubernetes(), rest(),
			becomes("connect-sink RUNNING, connect-source RUNNING"), forwarding()}, running},
		{"connector", "connectors run, bytes arrive", []act{flow()}, flowing},
	}
}

// workerConfig is the operator's. Without the delay of minutes, tasks of a worker
// that is gone move at once.
func workerConfig(kafka string, interval int) string {
	return "scheduled.rebalance.max.delay.ms=0\nplugin.discovery=service_load\nplugin.path=/opt/kafka/libs/connect-file-" + kafka +
		".jar\noffset.flush.interval.ms=" + fmt.Sprint(interval)
}

// steady is the world with so many workers, all there already.
func steady(workers int) want {
	w := want{leads: fmt.Sprintf("active: %d workers, 2 connectors", workers), others: standBy, flags: allFlags, memory: memory,
		kafka: "3 brokers; " + topics, kubernetes: fmt.Sprintf("%s%[2]d of %[2]d pods ready", objects, workers),
		connect: fmt.Sprintf("%d workers in the group%s", workers, both), bytes: arrived, hooks: succeeded}
	if workers == 1 {
		w.leads = "active: 1 worker, 2 connectors"
		w.connect = "1 worker in the group" + both
	}
	return w
}

// fresh is the same with so many pods that were not there before.
func (w want) fresh(pods int) want {
	w.kubernetes += fmt.Sprintf(", %d new", pods)
	return w
}

// attached is the same with two connectors of a folder.
func (w want) attached() want {
	w.leads += "; prod: 2 of 2 connectors run"
	w.connect = strings.Replace(w.connect, both, "; audit RUNNING,"+strings.TrimPrefix(both, ";")+", copy RUNNING", 1)
	return w
}

func changing(kafka string) []step {
	override := config("worker-config=…offset.flush.interval.ms=500", map[string]any{"worker-config": workerConfig(kafka, 500)})
	workers := func(n int) act { return config(fmt.Sprintf("workers=%d", n), map[string]any{"workers": n}) }
	return []step{
		{"override", "worker-config rolls the workers, one at a time", []act{rolling(1, override)}, steady(2).fresh(2)},
		{"scale", "from two workers to three", []act{workers(3)}, steady(3).fresh(1)},
		{"shrink", "from three workers to one", []act{workers(1)}, steady(1)},
		{"grow", "and to two again", []act{workers(2)}, steady(2).fresh(1)},
	}
}

func suffering(kafka string) []step {
	change := config("worker-config=…offset.flush.interval.ms=700", map[string]any{"worker-config": workerConfig(kafka, 700)})
	lacking := steady(2)
	lacking.kafka = "2 brokers; " + topics
	return []step{
		{"kill", "the leader is killed in a hook, the next one goes on", []act{killLeader(change),
			changedOnce(elected(), startKilled(), rest()), listGroups(kafka, "connect")}, steady(2).fresh(2)},
		{"broker", "a broker dies, as often as the kubelet starts it", []act{killBroker(1)}, lacking},
		{"recover", "and comes back in a new pod, with what it had", []act{replaceBroker(1)}, steady(2)},
		{"apiserver", "the API server is away for a minute", []act{away(), lasts(time.Minute), back()}, steady(2)},
	}
}

func leaving() []step {
	gone := want{leads: noKafka, others: noKafka, flags: "base.install, base.installed, base.unregistered, file.configured", memory: memory,
		kafka: "3 brokers; " + topics, kubernetes: objects + "0 of 0 pods ready", connect: "0 workers in the group", bytes: waiting, hooks: succeeded}
	paused := steady(2)
	end := want{flags: none, memory: none, kafka: "3 brokers; " + topics, kubernetes: "nothing",
		connect: "0 workers in the group", bytes: waiting, hooks: succeeded}
	return []step{
		{"relation", "Kafka's relation is removed: connectors unregistered", []act{removeRelation()}, gone},
		{"restore", "and restored: registered again, offsets kept", []act{integrate()}, steady(2).fresh(2)},
		{"actions", "pause, list, status, resume, restart", []act{
			action("pause-connector", "name=connect-sink"), becomes("connect-sink PAUSED, connect-source RUNNING"),
			action("list-connectors"), action("connector-status", "name=connect-sink"),
			action("resume-connector", "name=connect-sink"), becomes("connect-sink RUNNING, connect-source RUNNING"),
			action("restart-connector", "name=connect-source")}, paused},
		{"folder", "a folder of connectors is attached, and one file of it changed", []act{
			attach(map[string]string{"audit": "audit.txt", "copy": "copy.txt"}),
			becomes("audit RUNNING, connect-sink RUNNING, connect-source RUNNING, copy RUNNING"), reaches("copy.txt", true), reaches("audit.txt", true),
			changesOnly("audit", attach(map[string]string{"audit": "again.txt", "copy": "copy.txt"})), reaches("again.txt", false)}, steady(2).attached()},
		{"refresh", "the charm is refreshed to another build, state kept", []act{refresh(), runs("two")}, steady(2).attached()},
		{"remove", "the application is removed, topics stay", []act{removeApplication(), rest(), describeTopics()}, end},
	}
}
