// Package connect speaks to the REST API of Kafka Connect, and survives what that API does.
//
// A Connect cluster refuses, stalls or answers late while it rebalances, answers 500 for things that pass and for
// things that never will, and may apply a write it said it had given up on. A [Client] has one request path and one
// retry loop that know all this:
//
//   - what passes by itself is tried again, with growing and jittered pauses, inside a budget;
//   - what never passes comes back at once, as an [*Error] with a [Kind] for the machine and a sentence for a person;
//   - a write whose outcome is not known is read back and compared before it is repeated, because repeating even an
//     identical PUT restarts the connector;
//   - no secret of a configuration or of the client's own credentials gets into a message.
//
// Every method gives a [*Response] when a worker answered, also when it refused (then with an [*Error] beside it), and
// nil when no answer came. [As] decodes:
//
//	status, err := connect.As[connect.Status](client.Status(ctx, "orders"))
//
// Configurations are compared with [Equal] and [Diff] after [Normalise]. Nothing here decides what should run.
package connect
