package charm_test

import (
	"fmt"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The main function of a charm on the base layer.
func Example() {
	layer := func(*helpers.Unit) reactive.Rules { return nil } // yours
	main := func() { hooks.Main(charm.Layer, layer) }
	_ = main
}

// An endpoint the charm cannot do without: the unit is blocked while it is missing.
func ExampleNeeds() {
	mongo := flags.Endpoint("mongodb", "hostname", "port")
	fmt.Println(charm.Needs(&helpers.Unit{}, mongo, "a MongoDB application"))
	// Output:
	// wait for mongodb: when !endpoint.mongodb.available
}
