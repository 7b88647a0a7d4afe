// Package charmtest is an embedded Juju model in which a charm author tests a charm: it runs the real, compiled
// dispatch binary as a process for each hook and each action, and answers its hook tools as the unit agent of
// Juju 3.6 does.
//
//	m := charmtest.Start(t, charmtest.Options{})
//	m.Must(m.Deploy("connect", "./testdata/charm", charmtest.DeployOptions{Units: 2}))
//	kafka := m.MustRemote("kafka", "client", "kafka", 1)
//	m.Must(m.Integrate("connect:kafka", "kafka:client"))
//	kafka.SetUnitData("kafka/0", map[string]string{"port": "9092"})
//	m.Must(m.Settle(ctx))
//	fmt.Print(m.Status())
//
// Goals: state in, state out. A test says what the operator does and reads what became of it; the order of hooks,
// what is kept when a hook fails, who may write what, and the text of every error are Juju's. Worlds that Juju
// could never produce (an endpoint the charm does not have, an option of the wrong type, a relation made twice)
// are refused in Juju's words.
//
// Non-goals: machines, networks, clouds, storage, cross-model relations and the Juju API.
//
// A model starts processes and a unix socket; Close ends them all. It is safe for concurrent use.
package charmtest
