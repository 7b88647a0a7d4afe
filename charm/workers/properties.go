package workers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// refused names the worker properties that an operator may not override, and
// why: each would break where the workers are or who they are.
var refused = map[string]string{
	"bootstrap.servers":                 "it comes from the relation with Kafka",
	"group.id":                          "set the option group-id instead",
	"config.storage.topic":              "the charm names and creates that topic",
	"offset.storage.topic":              "the charm names and creates that topic",
	"status.storage.topic":              "the charm names and creates that topic",
	"config.storage.replication.factor": "set the option replication-factor instead",
	"offset.storage.replication.factor": "set the option replication-factor instead",
	"status.storage.replication.factor": "set the option replication-factor instead",
	"offset.storage.partitions":         "the charm creates that topic",
	"status.storage.partitions":         "the charm creates that topic",
	"listeners":                         "the Service and the probes need port 8083",
	"rest.port":                         "the Service and the probes need port 8083",
	"rest.host.name":                    "the workers must listen on every address of their pod",
	"rest.advertised.host.name":         "each worker advertises its own pod",
	"rest.advertised.port":              "each worker advertises its own pod",
	"rest.advertised.listener":          "each worker advertises its own pod",
}

// known holds the properties a distributed worker has (Apache Kafka's
// DistributedConfig and WorkerConfig, 4.0), to find misspelt ones. Keys it does not hold
// are passed on: plugins and extensions bring their own.
var known = strings.Fields(`
	key.converter value.converter header.converter internal.key.converter internal.value.converter
	plugin.path plugin.discovery config.providers task.shutdown.graceful.timeout.ms
	offset.flush.interval.ms offset.flush.timeout.ms offset.commit.interval.ms
	access.control.allow.origin access.control.allow.methods admin.listeners
	response.http.headers.config rest.extension.classes
	connector.client.config.override.policy topic.creation.enable topic.tracking.enable
	topic.tracking.allow.reset exactly.once.source.support session.timeout.ms
	heartbeat.interval.ms rebalance.timeout.ms worker.sync.timeout.ms
	worker.unsync.backoff.ms connect.protocol scheduled.rebalance.max.delay.ms
	inter.worker.key.generation.algorithm inter.worker.key.size inter.worker.key.ttl.ms
	inter.worker.signature.algorithm inter.worker.verification.algorithms
	client.id client.dns.lookup metadata.max.age.ms connections.max.idle.ms
	send.buffer.bytes receive.buffer.bytes reconnect.backoff.ms reconnect.backoff.max.ms
	retry.backoff.ms retry.backoff.max.ms request.timeout.ms security.protocol
	socket.connection.setup.timeout.ms socket.connection.setup.timeout.max.ms
	metric.reporters metrics.num.samples metrics.recording.level metrics.sample.window.ms
	auto.include.jmx.reporter metadata.recovery.strategy metadata.recovery.rebootstrap.trigger.ms
	ssl.protocol ssl.enabled.protocols ssl.cipher.suites
	ssl.truststore.location ssl.truststore.password ssl.truststore.type ssl.keystore.location
	ssl.keystore.password ssl.keystore.type ssl.key.password ssl.client.auth
	ssl.endpoint.identification.algorithm ssl.keystore.key ssl.keystore.certificate.chain ssl.truststore.certificates
	ssl.provider ssl.keymanager.algorithm ssl.trustmanager.algorithm ssl.secure.random.implementation ssl.engine.factory.class
	ssl.principal.mapping.rules sasl.kerberos.service.name sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin
	sasl.kerberos.ticket.renew.window.factor sasl.kerberos.ticket.renew.jitter sasl.login.class
	sasl.login.callback.handler.class sasl.login.refresh.window.factor sasl.login.refresh.buffer.seconds
	sasl.oauthbearer.token.endpoint.url sasl.oauthbearer.scope.claim.name
	sasl.mechanism sasl.jaas.config sasl.client.callback.handler.class linger.ms
`)

// families are the beginnings of keys that belong to something else than the worker itself.
var families = []string{
	"producer.", "consumer.", "admin.", "key.converter.", "value.converter.", "header.converter.",
	"internal.key.converter.", "internal.value.converter.", "config.providers.", "metrics.context.",
	"config.storage.", "offset.storage.", "status.storage.", "listeners.https.",
}

// overrides reads the option worker-config. Messages name the line and the key,
// never a value.
func (c *check) overrides(text string) map[string]string {
	properties := map[string]string{}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		at := fmt.Sprintf("option worker-config, line %d", number+1)
		if !found || key == "" || strings.ContainsAny(key, " \t\"'{}") {
			c.expect(false, "%s: write property=value", at)
			continue
		}
		if why, no := refused[key]; no {
			c.expect(false, "%s: %s cannot be set here: %s", at, key, why)
			continue
		}
		_, twice := properties[key]
		c.expect(!twice, "%s: %s stands there twice", at, key)
		if near := misspelt(key); near != "" {
			c.expect(false, "%s: there is no worker property %q, did you mean %q?", at, key, near)
		}
		properties[key] = value
	}
	return properties
}

// misspelt gives the known property that key is one or two letters away from.
func misspelt(key string) string {
	for _, family := range families {
		if strings.HasPrefix(key, family) {
			return ""
		}
	}
	best, distance := "", 3
	for _, name := range append(slices.Sorted(maps.Keys(refused)), known...) {
		if name == key {
			return ""
		}
		if d := editDistance(key, name, distance); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance is Levenshtein's, or limit where it is not smaller.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return min(row[len(b)], limit)
}

// properties joins what a worker is told: the base layer's defaults, then the
// upper layer's, then the operator's, then what identity and addressing need. The
// three topics exist by then, so nothing says how a worker would create them.
func properties(layer map[string]string, s Settings, topics TopicNames, bootstrap string) map[string]string {
	p := defaults()
	maps.Copy(p, layer)
	maps.Copy(p, s.Overrides)
	p["bootstrap.servers"] = bootstrap
	p["group.id"] = s.GroupID
	p["config.storage.topic"] = topics.Configs
	p["offset.storage.topic"] = topics.Offsets
	p["status.storage.topic"] = topics.Status
	return p
}

// defaults are the base layer's own, which everybody may override.
//
// A worker writes its own topics one record after the other and waits for each,
// so lingering only makes it slow; since Kafka 4.0 (KIP-1030) a producer lingers
// for 5 ms unless told otherwise. The connectors' producers do not see this
// property: theirs begin with "producer.".
func defaults() map[string]string {
	return map[string]string{
		"key.converter":   "org.apache.kafka.connect.json.JsonConverter",
		"value.converter": "org.apache.kafka.connect.json.JsonConverter",
		"linger.ms":       "0",
	}
}
