// The package as its users see it.

package flags_test

import (
	"fmt"

	"github.com/connectcharm/kafka-connect-base/flags"
)

var (
	Configured = flags.New("kafka-connect-mongodb.configured")
	mongo      = flags.Endpoint("mongodb", "connection-string")
)

func Example() {
	fmt.Println(flags.All(mongo.Available, flags.Leader).And(flags.Not(Configured)))
	fmt.Println(flags.Any(flags.ConfigOptionChanged("topics"), mongo.KeyChanged("connection-string")))
	fmt.Println(flags.NotAll(mongo.Joined, flags.ConfigSet("topics")).And(flags.Any(flags.Hook("start"), flags.Action("restart"))))
	fmt.Println(flags.All())
	// Output:
	// endpoint.mongodb.available & leadership.is_leader & !kafka-connect-mongodb.configured
	// (config.changed.topics | endpoint.mongodb.changed.connection-string)
	// !(endpoint.mongodb.joined & config.set.topics) & (hook.start | action.restart)
	// always
}

// A fact says where its answer is found.
func ExampleFact() {
	f := mongo.Available
	fmt.Println(f, f.Kind() == flags.FactAvailable, f.Subject(), f.Needs())
	// Output:
	// endpoint.mongodb.available true mongodb [connection-string]
}
