package realkafka

// Brokers as pods: what a cluster's administrator would apply.

import (
	"fmt"
	"strings"
)

// Pods are brokers in Kubernetes, each a controller as well.
type Pods struct {
	// Namespace is where they are. By default, "kafka".
	Namespace string
	// Image is whose they are, such as [Kafka.ImageName].
	Image string
	// Brokers is their number. By default, 3.
	Brokers int
	// Folder is one of the node's, for what the brokers keep. By default, it goes with each pod.
	Folder string
}

func (p Pods) namespace() string {
	if p.Namespace == "" {
		return "kafka"
	}
	return p.Namespace
}

func (p Pods) brokers() int {
	if p.Brokers == 0 {
		return 3
	}
	return p.Brokers
}

// Hosts are the brokers' names; their port is 9092.
func (p Pods) Hosts() []string {
	hosts := make([]string, p.brokers())
	for i := range hosts {
		hosts[i] = fmt.Sprintf("kafka-%d.kafka.%s.svc.cluster.local", i, p.namespace())
	}
	return hosts
}

type object = map[string]any

// Objects are to be applied in this order.
func (p Pods) Objects() []map[string]any {
	labels := object{"app": "kafka"}
	in := func(api, kind string, spec object) object {
		return object{"apiVersion": api, "kind": kind, "metadata": object{"name": "kafka", "namespace": p.namespace()}, "spec": spec}
	}
	config := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "kafka", "namespace": p.namespace()},
		"data": object{"server.properties": p.properties()}}
	return []object{
		{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": p.namespace()}},
		config,
		in("v1", "Service", object{"clusterIP": "None", "publishNotReadyAddresses": true, "selector": labels,
			"ports": []any{object{"name": "kafka", "port": 9092}, object{"name": "controller", "port": 9093}}}),
		in("policy/v1", "PodDisruptionBudget", object{"maxUnavailable": 1, "selector": object{"matchLabels": labels}}),
		in("apps/v1", "StatefulSet", object{
			"replicas": p.brokers(), "serviceName": "kafka", "podManagementPolicy": "Parallel",
			"selector": object{"matchLabels": labels},
			"template": object{"metadata": object{"labels": labels}, "spec": p.pod()},
		}),
	}
}

// start gives a broker what only its pod knows, and its folder a format the first time.
const start = `set -e
cat /etc/kafka/server.properties > /tmp/server.properties
echo "node.id=${POD_NAME##*-}" >> /tmp/server.properties
echo "advertised.listeners=PLAINTEXT://$POD_NAME.kafka.$NAMESPACE.svc.cluster.local:9092" >> /tmp/server.properties
[ -f /var/lib/kafka/meta.properties ] || /opt/kafka/bin/kafka-storage.sh format -t ` + clusterID + ` -c /tmp/server.properties
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
`

func (p Pods) pod() object {
	field := func(path string) object { return object{"fieldRef": object{"fieldPath": path}} }
	data, mount := object{"name": "data", "emptyDir": object{}}, object{"name": "data", "mountPath": "/var/lib/kafka"}
	if p.Folder != "" {
		data = object{"name": "data", "hostPath": object{"path": p.Folder, "type": "DirectoryOrCreate"}}
		mount["subPathExpr"] = "$(POD_NAME)"
	}
	return object{
		"automountServiceAccountToken": false,
		"enableServiceLinks":           false,
		"securityContext":              object{"runAsUser": 1000, "runAsNonRoot": true, "fsGroup": 1000},
		"containers": []any{object{
			"name": "kafka", "image": p.Image, "command": []any{"/bin/sh", "-c", start},
			"env": []any{
				object{"name": "POD_NAME", "valueFrom": field("metadata.name")},
				object{"name": "NAMESPACE", "valueFrom": field("metadata.namespace")},
				object{"name": "KAFKA_HEAP_OPTS", "value": "-Xmx256m"},
			},
			"ports": []any{object{"name": "kafka", "containerPort": 9092}, object{"name": "controller", "containerPort": 9093}},
			// A broker listens for clients once it has a place in the cluster.
			"readinessProbe": object{"tcpSocket": object{"port": "kafka"}, "periodSeconds": 1},
			"volumeMounts":   []any{object{"name": "config", "mountPath": "/etc/kafka"}, mount},
		}},
		"volumes": []any{object{"name": "config", "configMap": object{"name": "kafka"}}, data},
	}
}

func (p Pods) properties() string {
	voters := p.Hosts()
	for i, host := range voters {
		voters[i] = fmt.Sprintf("%d@%s:9093", i, host)
	}
	replicas := min(3, p.brokers())
	return fmt.Sprintf(`process.roles=broker,controller
controller.quorum.voters=%s
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=/var/lib/kafka
offsets.topic.replication.factor=%d
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=%d
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=10485760
`, strings.Join(voters, ","), replicas, replicas)
}
