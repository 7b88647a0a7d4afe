package kubetest_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

// start serves until the test ends.
func start(t *testing.T, o kubetest.Options) *kubetest.Server {
	t.Helper()
	s, err := kubetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
