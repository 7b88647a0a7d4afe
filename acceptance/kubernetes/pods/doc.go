// Package pods holds the tests whose pods are real: three Kafka brokers and the
// Connect workers that the file charm asks for, each a JVM in namespaces of its own,
// kept by the real controllers and by kubelite's kubelet. Juju is the embedded one of
// charmtest.
//
// All of it, the tests and the charm's hooks too, is in one private network in which
// pods and Services have addresses and names: it takes root on Linux.
package pods
