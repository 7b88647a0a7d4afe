package connecttest

// The life of a connector: what follows from a changed configuration or target, and how that shows in its status.

import (
	"slices"
	"strconv"
)

// settle plans what brings a connector's status to its target: first itself, then its tasks. The lock is held.
func (c *Cluster) settle(k *connector) {
	c.in(k, c.o.Timing.Status, c.showConnector)
	c.in(k, c.o.Timing.Status+c.o.Timing.Tasks, c.showTasks)
}

func (c *Cluster) gone(k *connector) bool { return c.connectors()[k.name] != k || len(c.workers) == 0 }

func (c *Cluster) showConnector(k *connector) {
	if c.gone(k) {
		return
	}
	shown := c.states()[k.name]
	if shown == nil {
		shown = &status{}
		c.states()[k.name] = shown
	}
	shown.connector = state{id: -1, state: k.target, worker: c.owner(k.name, -1)}
	if trace, ok := k.broken[-1]; ok && k.target == running {
		shown.connector.state, shown.connector.trace = failed, trace
	}
}

func (c *Cluster) showTasks(k *connector) {
	shown := c.states()[k.name]
	if c.gone(k) || shown == nil {
		return
	}
	before := k.tasks
	switch {
	case k.target == stopped:
		k.tasks = 0
	case k.target == paused || shown.connector.state == failed: // as many as it had: none when it never ran
	default:
		k.tasks = c.taskCount(k)
	}
	last := shown.tasks
	shown.tasks = nil
	for id := range k.tasks {
		task := state{id: id, state: k.target, worker: c.owner(k.name, id)}
		if k.target == paused && id < len(last) && last[id].state == failed { // it has nothing to pause
			task.state, task.trace = failed, last[id].trace
		}
		if k.target == running {
			if trace, bad := c.start(k, id); bad {
				task.state, task.trace = failed, trace
			}
		}
		shown.tasks = append(shown.tasks, task)
	}
	if before != k.tasks {
		c.due = true
	}
}

func (c *Cluster) taskCount(k *connector) int {
	plugin := c.plugin(k.config["connector.class"])
	if plugin == nil || plugin.MaxTasks < 0 {
		return 0
	}
	count, err := strconv.Atoi(k.config["tasks.max"])
	if err != nil {
		count = 1
	}
	if plugin.MaxTasks > 0 {
		count = min(count, plugin.MaxTasks)
	}
	return count
}

// start says whether a task fails as soon as it runs.
func (c *Cluster) start(k *connector, id int) (trace string, bad bool) {
	if trace, ok := k.broken[id]; ok {
		return trace, true
	}
	plugin := c.plugin(k.config["connector.class"])
	if plugin == nil || plugin.Start == nil {
		return "", false
	}
	if err := plugin.Start(k.config); err != nil {
		return javaTrace(err.Error()), true
	}
	return "", false
}

// javaTrace makes a message look like what Java prints.
func javaTrace(message string) string {
	return "org.apache.kafka.connect.errors.ConnectException: " + message + "\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
}

// assign gives a connector and its tasks to the workers there are; what had failed stays failed.
func (c *Cluster) assign(k *connector) {
	if c.gone(k) {
		return
	}
	shown := c.states()[k.name]
	if shown == nil {
		c.settle(k)
		return
	}
	shown.connector.worker = c.owner(k.name, -1)
	if shown.connector.state != failed {
		shown.connector.state = k.target
	}
	for i := range shown.tasks {
		shown.tasks[i].worker = c.owner(k.name, i)
		if shown.tasks[i].state == unassigned {
			shown.tasks[i].state = k.target
		}
	}
	if len(shown.tasks) == 0 && k.target == running {
		c.in(k, c.o.Timing.Tasks, c.showTasks)
	}
}

// Fail makes a connector (task -1) or one of its tasks fail with this trace, now and, when always is set, at each start.
// It says whether there is such a connector.
func (c *Cluster) Fail(name string, task int, trace string, always bool) bool {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	k := c.connectors()[name]
	if k == nil {
		return false
	}
	if always {
		if k.broken == nil {
			k.broken = map[int]string{}
		}
		k.broken[task] = trace
	}
	shown := c.states()[name]
	switch {
	case shown == nil:
	case task < 0:
		shown.connector.state, shown.connector.trace = failed, trace
	case task < len(shown.tasks):
		shown.tasks[task].state, shown.tasks[task].trace = failed, trace
	}
	return true
}

// Mend takes back what Fail said of the next starts.
func (c *Cluster) Mend(name string) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	if k := c.connectors()[name]; k != nil {
		k.broken = nil
	}
}

// put registers a connector or changes it. The lock is held.
func (c *Cluster) put(name string, config map[string]string, target string) (created bool) {
	k := c.connectors()[name]
	created = k == nil
	if created {
		k = &connector{name: name, target: target, topics: map[string]bool{}}
		c.connectors()[name] = k
		c.due = true
	}
	k.config = config
	c.settle(k)
	return created
}

// remove forgets a connector; not how far it had come. The lock is held.
func (c *Cluster) remove(name string) {
	delete(c.steps, c.connectors()[name])
	delete(c.connectors(), name)
	delete(c.states(), name)
	c.due = true
}

// restart restarts what is chosen and says what that was. The lock is held.
func (c *Cluster) restart(k *connector, itself bool, tasks []int) {
	shown := c.states()[k.name]
	if shown == nil {
		return
	}
	if itself {
		shown.connector.state, shown.connector.trace = restarting, ""
		c.in(k, c.o.Timing.Status, c.showConnector)
	}
	for _, id := range tasks {
		shown.tasks[id].state = restarting
	}
	if len(tasks) > 0 {
		c.in(k, c.o.Timing.Tasks, func(k *connector) {
			for id := range shown.tasks {
				if slices.Contains(tasks, id) && shown.tasks[id].state == restarting {
					shown.tasks[id].state, shown.tasks[id].trace = k.target, ""
					if k.target != running {
						continue // it is not started before it is resumed
					}
					if trace, bad := c.start(k, id); bad {
						shown.tasks[id].state, shown.tasks[id].trace = failed, trace
					}
				}
			}
		})
	}
}
