// Package helpers is what a charm author imports beside flags, reactive and
// charm. It holds nothing of its own: names from charm/workers and the adapters,
// gathered under the name the original layer gave them.
package helpers

import (
	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// What a layer works with.
type (
	// Unit is this unit, and the Connect cluster its application owns. The
	// original's helper functions are its methods: SetWorkerConfig,
	// SetBaseImage, GetWorkerService, GetConfigsTopic, GetOffsetsTopic,
	// GetStatusTopic, RegisterConnector, UnregisterConnector, ListConnectors,
	// ConnectorStatus, ConnectorRestart, ConnectorPause, ConnectorResume, ListTasks.
	Unit = workers.Unit

	// Response is what Kafka Connect answered.
	Response = connect.Response

	// Status is what a handler contributes to the unit's status.
	Status = juju.Status
)

// Kinds of status, worst first.
const (
	Blocked     = juju.Blocked
	Waiting     = juju.Waiting
	Maintenance = juju.Maintenance
	Active      = juju.Active
)

// ErrNotLeader is what helpers give that only the leader may call.
var ErrNotLeader = workers.ErrNotLeader

// Accepted gives nil where Connect accepted a request, and otherwise what a handler returns.
func Accepted(response *Response, err error) error { return workers.Accepted(response, err) }
