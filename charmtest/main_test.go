package charmtest_test

import (
	"os"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}
