package world_test

import (
	"encoding/json"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

func ExampleTell() {
	var live map[string]connect.Expanded
	err := json.Unmarshal([]byte(`{
		"b": {"status": {"connector": {"state": "RUNNING"}, "tasks": [{"state": "FAILED"}, {"state": "RUNNING"}]}},
		"a": {"status": {"connector": {"state": "PAUSED"}, "tasks": [{"state": "PAUSED"}]}},
		"c": {"status": {"connector": {"state": "STOPPED"}, "tasks": []}}
	}`), &live)
	fmt.Println(world.Tell(live), err)
	// Output: a PAUSED, b RUNNING with a task FAILED, c STOPPED without tasks <nil>
}
