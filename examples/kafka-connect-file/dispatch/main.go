// Command dispatch is the hook binary of the kafka-connect-file charm.
package main

import (
	"github.com/connectcharm/kafka-connect-base/charm"
	file "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	"github.com/connectcharm/kafka-connect-base/hooks"
)

func main() { hooks.Main(charm.Layer, file.Layer) }
