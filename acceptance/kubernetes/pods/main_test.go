package pods_test

// What has to be there before the network is private, and the network.

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/kubernetes/cluster"
	"github.com/connectcharm/kafka-connect-base/acceptance/netns"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"

	// Compiled by deploy; imported so that go.mod knows what that needs.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

// kubelite is the program.
const kubelite = "../../../build/acceptance/kubelite"

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	if folder := os.Getenv(abandoned); folder != "" {
		abandon(folder)
	}
	code, err := 0, error(nil)
	if netns.Inside() {
		if err = netns.Enter(); err == nil {
			code = m.Run()
		}
	} else if err = prepare(); err == nil {
		code, err = netns.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// prepare does what needs another network than a private one.
func prepare() error {
	if _, err := cluster.Build("../kubelite"); err != nil {
		return err
	}
	for _, version := range realkafka.Chosen() {
		if _, err := realkafka.Get(context.Background(), version, func(format string, a ...any) { fmt.Printf(format+"\n", a...) }); err != nil {
			return err
		}
	}
	return nil
}
