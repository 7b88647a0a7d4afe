package connectors_test

import (
	"os"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// The test binary is its own evaluator, as every program that loads folders is.
func TestMain(m *testing.M) {
	if jsonnet.IsChild() {
		os.Exit(jsonnet.ServeChild(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
