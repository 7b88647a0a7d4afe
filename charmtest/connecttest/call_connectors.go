package connecttest

// Calls about connectors. Those that a real worker hands to its thread go through perform; the rest is read from memory
// and never waits.

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func number(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

func (k *call) name() string { return k.parts[1] }

// locked reads memory.
func (k *call) locked(do handler) (answer, error) {
	k.store.mu.Lock()
	defer k.store.mu.Unlock()
	return do()
}

// read is a question for the thread that must see the current configuration.
func (k *call) read(do func(*connector) (answer, error)) (answer, error) {
	return k.perform(k.request, true, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Connector %s not found", k.name())
		}
		return do(c)
	})
}

// forwarded is a request that the leader must answer. A follower builds the leader's path from the decoded name, and
// that is where some names get lost.
func (k *call) forwarded(guarded bool, do handler) (answer, error) {
	k.store.mu.Lock()
	follower := len(k.workers) > 0 && k.workers[0] != k.worker
	broken := k.apart
	k.store.mu.Unlock()
	if follower && broken {
		return answer{}, refuse(500, "IO Error trying to forward REST request: java.net.ConnectException: Connection refused")
	}
	if follower && len(k.parts) > 1 && strings.Contains(k.name(), "/") {
		return answer{}, errNotFound
	}
	if first, _, cut := strings.Cut(k.nameOr(""), ";"); follower && cut {
		if k.request.Method == http.MethodPut && strings.HasSuffix(k.request.URL.Path, "/config") {
			return answer{}, refuse(400, "Connector name configuration (%s) doesn't match connector name in the URL (%s)", k.name(), first)
		}
		k.parts[1] = first
	}
	got, err := k.perform(k.request, guarded, do)
	if err == errStale {
		err = refuse(409, "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)")
	}
	return got, err
}

func (k *call) nameOr(otherwise string) string {
	if len(k.parts) > 1 {
		return k.parts[1]
	}
	return otherwise
}

func (k *call) info(c *connector) map[string]any {
	kind := "unknown"
	if plugin := k.plugin(c.config["connector.class"]); plugin != nil {
		kind = plugin.Type
	}
	tasks := []any{}
	for id := range c.tasks {
		tasks = append(tasks, map[string]any{"connector": c.name, "task": id})
	}
	return map[string]any{"name": c.name, "config": maps.Clone(c.config), "tasks": tasks, "type": kind}
}

func (k *call) stateOf(s state, class string) map[string]any {
	shown := map[string]any{"state": s.state, "worker_id": s.worker}
	if s.id >= 0 {
		shown["id"] = s.id
	}
	if s.trace != "" {
		shown["trace"] = s.trace
	}
	if plugin := k.plugin(class); k.version.atLeast(4, 1) && plugin != nil {
		shown["version"] = plugin.Version
	}
	return shown
}

// statusOf is nil while the status topic knows nothing.
func (k *call) statusOf(name string) map[string]any {
	shown, c := k.states()[name], k.connectors()[name]
	if shown == nil || c == nil {
		return nil
	}
	class := c.config["connector.class"]
	tasks := []any{}
	for _, task := range shown.tasks {
		tasks = append(tasks, k.stateOf(task, class))
	}
	return map[string]any{"name": name, "connector": k.stateOf(shown.connector, class), "tasks": tasks, "type": k.info(c)["type"]}
}

func (k *call) list() (answer, error) {
	return k.locked(func() (answer, error) {
		expand, asked := k.request.URL.Query()["expand"]
		if !asked {
			return answer{status: 200, body: append([]string{}, k.names()...)}, nil
		}
		all := map[string]any{}
		for _, name := range k.names() {
			one := map[string]any{}
			if slices.Contains(expand, "info") {
				one["info"] = k.info(k.connectors()[name])
			}
			if slices.Contains(expand, "status") {
				shown := k.statusOf(name)
				if shown == nil {
					continue
				}
				one["status"] = shown
			}
			all[name] = one
		}
		return answer{status: 200, body: all}, nil
	})
}

func (k *call) get() (answer, error) {
	return k.read(func(c *connector) (answer, error) { return answer{status: 200, body: k.info(c)}, nil })
}

func (k *call) config() (answer, error) {
	return k.read(func(c *connector) (answer, error) { return answer{status: 200, body: maps.Clone(c.config)}, nil })
}

func (k *call) status() (answer, error) {
	return k.locked(func() (answer, error) {
		if shown := k.statusOf(k.name()); shown != nil {
			return answer{status: 200, body: shown}, nil
		}
		return answer{}, refuse(404, "No status found for connector %s", k.name())
	})
}

func (k *call) create() (answer, error) {
	asked, err := parseCreate(k.body, k.version)
	if err != nil {
		return answer{}, err
	}
	target := map[string]string{"": running, "RUNNING": running, "PAUSED": paused, "STOPPED": stopped}[asked.state]
	return k.write(strings.TrimSpace(asked.name), asked.config, func(name string, config map[string]string) (answer, error) {
		if k.connectors()[name] != nil {
			return answer{}, refuse(409, "Connector %s already exists", name)
		}
		k.put(name, config, target)
		return k.written(name, true)
	})
}

func (k *call) putConfig() (answer, error) {
	config, err := parseConfig(k.body)
	if err != nil {
		return answer{}, err
	}
	return k.write(k.name(), config, func(name string, config map[string]string) (answer, error) {
		return k.written(name, k.put(name, config, running))
	})
}

// written answers a write; the tasks in it are those of before, as new ones come later.
func (k *call) written(name string, created bool) (answer, error) {
	got := answer{status: 200, body: k.info(k.connectors()[name])}
	if created {
		got.status, got.location = 201, "/connectors/"+url.PathEscape(name)
	}
	return got, nil
}

// write checks a configuration as a worker does, first the name and then by the plugin, and puts it on its way.
func (k *call) write(name string, config map[string]*string, do func(name string, config map[string]string) (answer, error)) (answer, error) {
	if config == nil {
		return answer{}, errNoConfig
	}
	if given := config["name"]; given == nil {
		config["name"] = &name
	} else if *given != name {
		return answer{}, refuse(400, "Connector name configuration (%s) doesn't match connector name in the URL (%s)", *given, name)
	}
	return k.forwarded(false, func() (answer, error) {
		found, _, err := k.examine(config)
		if err == nil {
			err = invalid(found)
		}
		if err != nil {
			return answer{}, err
		}
		return do(name, withoutNull(config))
	})
}

func (k *call) patchConfig() (answer, error) {
	changes, err := parseConfig(k.body)
	if err != nil {
		return answer{}, err
	}
	return k.forwarded(false, func() (answer, error) {
		c := k.connectors()[k.name()]
		if c == nil {
			return answer{}, refuse(404, "Connector %s not found", k.name())
		}
		config := map[string]*string{}
		for key, value := range c.config {
			config[key] = &value
		}
		for key, value := range changes {
			if value == nil {
				delete(config, key)
			} else {
				config[key] = value
			}
		}
		found, _, err := k.examine(config)
		if err == nil {
			err = invalid(found)
		}
		if err != nil {
			return answer{}, err
		}
		k.put(k.name(), withoutNull(config), running)
		return k.written(k.name(), false)
	})
}

func (k *call) remove() (answer, error) {
	return k.forwarded(false, func() (answer, error) {
		if k.connectors()[k.name()] == nil {
			return answer{}, refuse(404, "Connector %s not found", k.name())
		}
		k.Cluster.remove(k.name())
		return answer{status: 204}, nil
	})
}

// target writes what is wanted; any worker does that without asking.
func (k *call) target(wanted string) handler {
	return func() (answer, error) {
		return k.locked(func() (answer, error) {
			return k.aim(wanted, 202)
		})
	}
}

func (k *call) stop() (answer, error) {
	k.store.mu.Lock()
	known := k.connectors()[k.name()] != nil
	k.store.mu.Unlock()
	if !known { // known here, before it is forwarded
		return answer{}, refuse(404, "Unknown connector %s", k.name())
	}
	return k.forwarded(false, func() (answer, error) { return k.aim(stopped, 204) })
}

func (k *call) aim(wanted string, status int) (answer, error) {
	c := k.connectors()[k.name()]
	if c == nil {
		return answer{}, refuse(404, "Unknown connector %s", k.name())
	}
	c.target = wanted
	if shown := k.states()[c.name]; wanted == paused && shown != nil && shown.connector.state == failed {
		return answer{status: status}, nil // accepted, and it stays failed: what has failed has nothing to pause
	}
	k.settle(c)
	return answer{status: status}, nil
}

func (k *call) topics() (answer, error) {
	return k.locked(func() (answer, error) {
		used := []string{}
		if c := k.connectors()[k.name()]; c != nil {
			used = append(used, slices.Sorted(maps.Keys(c.topics))...)
		}
		return answer{status: 200, body: map[string]any{k.name(): map[string]any{"topics": used}}}, nil
	})
}

func (k *call) resetTopics() (answer, error) {
	return k.locked(func() (answer, error) {
		if c := k.connectors()[k.name()]; c != nil {
			clear(c.topics)
		}
		return answer{status: 202}, nil
	})
}
