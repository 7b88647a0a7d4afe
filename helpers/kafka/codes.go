package kafka

// The error codes of Kafka's protocol that mean something here. They stand here and are not taken from kafka-go's root
// package, because importing that costs every hook 7 ms: it registers every message there is by reflection.

import "fmt"

// A code is what a broker answers; 0 is none. https://kafka.apache.org/protocol#protocol_error_codes
type code int16

const (
	unknownTopicOrPartition code = 3
	leaderNotAvailable      code = 5
	requestTimedOut         code = 7
	replicaNotAvailable     code = 9
	coordinatorLoading      code = 14
	coordinatorNotAvailable code = 15
	notCoordinator          code = 16
	topicDenied             code = 29
	groupDenied             code = 30
	clusterDenied           code = 31
	topicAlreadyExists      code = 36
	invalidReplication      code = 38
	notController           code = 41
	authenticationFailed    code = 58
)

// name is what Kafka calls it. Others than these reach an operator by their number.
func (c code) name() string {
	return map[code]string{
		-1: "UNKNOWN_SERVER_ERROR", unknownTopicOrPartition: "UNKNOWN_TOPIC_OR_PARTITION", leaderNotAvailable: "LEADER_NOT_AVAILABLE",
		requestTimedOut: "REQUEST_TIMED_OUT", replicaNotAvailable: "REPLICA_NOT_AVAILABLE", coordinatorLoading: "COORDINATOR_LOAD_IN_PROGRESS",
		coordinatorNotAvailable: "COORDINATOR_NOT_AVAILABLE", notCoordinator: "NOT_COORDINATOR", 17: "INVALID_TOPIC_EXCEPTION",
		topicDenied: "TOPIC_AUTHORIZATION_FAILED", groupDenied: "GROUP_AUTHORIZATION_FAILED", clusterDenied: "CLUSTER_AUTHORIZATION_FAILED",
		35: "UNSUPPORTED_VERSION", topicAlreadyExists: "TOPIC_ALREADY_EXISTS", 37: "INVALID_PARTITIONS",
		invalidReplication: "INVALID_REPLICATION_FACTOR", 39: "INVALID_REPLICA_ASSIGNMENT", 40: "INVALID_CONFIG", notController: "NOT_CONTROLLER",
		42: "INVALID_REQUEST", 44: "POLICY_VIOLATION", authenticationFailed: "SASL_AUTHENTICATION_FAILED", 89: "THROTTLING_QUOTA_EXCEEDED",
	}[c]
}

// Error is the name, or the number of a code that has none here.
func (c code) Error() string {
	if name := c.name(); name != "" {
		return name
	}
	return fmt.Sprintf("Kafka's error %d", int16(c))
}
