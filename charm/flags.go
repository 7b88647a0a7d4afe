// Package charm is the base layer: the rules by which an application gets its
// topics, its Connect workers and its connectors, and keeps them.
//
// It reads from the top down: the flags and endpoints of this file, the rules in
// layer.go, and a file for each thing the rules do.
package charm

import "github.com/connectcharm/kafka-connect-base/flags"

// The flags of the base layer, spelt as in the original. An upper layer waits for
// them in its rules; it sets [Install], and no other.
var (
	Ready        = flags.New("kafka-connect-base.ready")         // Kafka, Kubernetes and the option topics are there; on every unit
	TopicCreated = flags.New("kafka-connect-base.topic-created") // the three topics exist
	Install      = flags.New("kafka-connect-base.install")       // the upper layer has set a worker configuration
	Installed    = flags.New("kafka-connect-base.installed")     // workers were deployed at least once
	Configured   = flags.New("kafka-connect-base.configured")    // what is wanted now was handed to Kubernetes
	Unregistered = flags.New("kafka-connect-base.unregistered")  // connectors were unregistered because Kafka or Kubernetes went
	Running      = flags.New("kafka-connect.running")            // it is rolled out, and the REST API answers
)

// trusted holds while the charm's own service account is its way to Kubernetes.
var trusted = flags.New("kafka-connect-base.service-account")

// The endpoints of the base layer, with the keys it needs from each.
var (
	Kafka      = flags.Endpoint("kafka", "port")
	Kubernetes = flags.Endpoint("kubernetes")
	Website    = flags.Endpoint("website")
)

var (
	topicsSet     = flags.ConfigSet("topics")
	kubeconfigSet = flags.ConfigSet("kubeconfig")
)
