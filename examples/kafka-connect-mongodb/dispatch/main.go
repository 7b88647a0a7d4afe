// Command dispatch is the hook binary of the kafka-connect-mongodb charm.
package main

import (
	"github.com/connectcharm/kafka-connect-base/charm"
	mongodb "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-mongodb"
	"github.com/connectcharm/kafka-connect-base/hooks"
)

func main() { hooks.Main(charm.Layer, mongodb.Layer) }
