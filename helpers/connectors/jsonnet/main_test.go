package jsonnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// notServing is the name under which the test binary forgets to serve.
const notServing = "not-serving"

// The test binary is its own evaluator, as every program that evaluates is.
func TestMain(m *testing.M) {
	if jsonnet.IsChild() && filepath.Base(os.Args[0]) == notServing {
		fmt.Println("usage: something else")
		os.Exit(0)
	}
	if jsonnet.IsChild() {
		os.Exit(jsonnet.ServeChild(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
