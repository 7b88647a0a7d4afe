package connecttest

// Calls about tasks and restarts.

import (
	"maps"
	"strings"
)

func (k *call) tasks() (answer, error) {
	return k.read(func(c *connector) (answer, error) {
		tasks := []any{}
		for id := range c.tasks {
			config := maps.Clone(c.config)
			plugin := k.plugin(config["connector.class"])
			if plugin != nil {
				config["task.class"] = strings.TrimSuffix(plugin.Class, "Connector") + "Task"
			}
			tasks = append(tasks, map[string]any{"id": map[string]any{"connector": c.name, "task": id}, "config": config})
		}
		return answer{status: 200, body: tasks}, nil
	})
}

func (k *call) taskStatus(id int) (answer, error) {
	return k.locked(func() (answer, error) {
		shown := k.states()[k.name()]
		if shown == nil || id >= len(shown.tasks) {
			return answer{}, refuse(404, "No status found for task %s-%d", k.name(), id)
		}
		return answer{status: 200, body: k.stateOf(shown.tasks[id], k.connectors()[k.name()].config["connector.class"])}, nil
	})
}

func (k *call) restart() (answer, error) {
	query := k.request.URL.Query()
	include, failedOnly := query.Get("includeTasks") == "true", query.Get("onlyFailed") == "true"
	return k.forwarded(true, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Unknown connector: %s", k.name())
		}
		shown := k.states()[k.name()]
		if !include && !failedOnly {
			k.Cluster.restart(c, true, nil)
			return answer{status: 204}, nil
		}
		if shown == nil {
			return answer{}, refuse(404, "Status for connector %s not found", k.name())
		}
		var tasks []int
		for id, task := range shown.tasks {
			if include && (!failedOnly || task.state == failed) {
				tasks = append(tasks, id)
			}
		}
		k.Cluster.restart(c, !failedOnly || shown.connector.state == failed, tasks)
		return answer{status: 202, body: k.statusOf(k.name())}, nil
	})
}

func (k *call) restartTask(id int) (answer, error) {
	return k.forwarded(true, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Unknown connector: %s", k.name())
		}
		if shown := k.states()[k.name()]; id >= c.tasks || shown == nil || id >= len(shown.tasks) {
			return answer{}, refuse(404, "Unknown task: %s-%d", k.name(), id)
		}
		k.Cluster.restart(c, false, []int{id})
		return answer{status: 204}, nil
	})
}
