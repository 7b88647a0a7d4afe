package juju_test

import (
	"context"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// scripted answers each tool with a fixed text.
type scripted map[string]string

func (s scripted) Call(_ context.Context, call juju.Call) ([]byte, error) {
	fmt.Println("called", call.Tool)
	return []byte(s[call.Tool]), nil
}

func (s scripted) Close() error { return nil }

// Reads happen when they are wanted, writes at the end, and only those that
// change something.
func Example() {
	tools := scripted{"state-get": `{"topic":"m.app.connectconfigs"}`, "config-get": `{"workers":3}`}
	unit := juju.NewUnit(juju.Env{UnitName: "kc/0"}, tools, juju.Options{})
	ctx := context.Background()

	unit.SetState("topic", "m.app.connectconfigs")
	unit.SetState("workers", "3")
	config, err := unit.Config(ctx)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("workers:", config.Int("workers"))
	unit.SetStatus(juju.Status{Kind: juju.Active, Message: "3 workers"})
	if err := unit.Commit(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// called config-get
	// workers: 3
	// called state-get
	// called state-set
	// called status-set
}
