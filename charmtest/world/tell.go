package world

import (
	"maps"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// Tell says in one line how the connectors are that [connect.Client.Expand] answers
// with: "a RUNNING, b PAUSED"; also where tasks are otherwise than their connector,
// "a RUNNING with a task FAILED", and where there are none yet. No connectors are "".
func Tell(live map[string]connect.Expanded) string {
	var says []string
	for _, name := range slices.Sorted(maps.Keys(live)) {
		state := live[name].Status.Connector.State
		for _, task := range live[name].Status.Tasks {
			if task.State != live[name].Status.Connector.State {
				state += " with a task " + task.State
			}
		}
		if len(live[name].Status.Tasks) == 0 {
			state += " without tasks"
		}
		says = append(says, name+" "+state)
	}
	return strings.Join(says, ", ")
}
