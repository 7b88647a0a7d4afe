// Hook tools for configuration, leadership, the unit's own memory, status and the log.

package charmtest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
)

func toolConfigGet(t *toolRun) error {
	t.smartOutput()
	all := t.bool("a", "all")
	args, err := t.parse()
	if err != nil {
		return err
	}
	key := ""
	if len(args) > 0 {
		key = args[0]
		if key != "" && *all {
			return usagef("cannot use argument --all together with key %q", key)
		}
		if err := noMore(args[1:]); err != nil {
			return err
		}
	}
	if t.c.config == nil {
		t.c.config = t.c.unit.app.currentConfig()
	}
	if key != "" {
		return t.print(t.c.config[key])
	}
	out := map[string]any{}
	for k, v := range t.c.config {
		if v != nil || *all {
			out[k] = v
		}
	}
	return t.print(out)
}

// leads asks anew at each call, but a "no" stays for the rest of the hook.
func (c *hookContext) leads() bool {
	if !c.minion && c.unit.app.leader != c.unit.name {
		c.minion = true
	}
	return !c.minion
}

func toolIsLeader(t *toolRun) error {
	t.smartOutput()
	if err := t.parseNone(); err != nil {
		return err
	}
	return t.print(t.c.leads())
}

func toolLeaderGet(t *toolRun) error {
	t.smartOutput()
	args, err := t.parse()
	if err != nil {
		return err
	}
	key := ""
	if len(args) > 0 {
		key = args[0]
		switch {
		case key == "-":
			key = ""
		case strings.Contains(key, "="):
			return usagef("invalid key %q", key)
		}
		if err := noMore(args[1:]); err != nil {
			return err
		}
	}
	if t.c.leaderData == nil {
		t.c.leaderData = maps.Clone(t.c.unit.app.settings)
	}
	return t.printKey(t.c.leaderData, key)
}

// printKey prints one value, nothing when it is not there, or all of them.
func (t *toolRun) printKey(data map[string]string, key string) error {
	if key == "" {
		return t.print(data)
	}
	if v, ok := data[key]; ok {
		return t.print(v)
	}
	return t.print(nil)
}

func toolLeaderSet(t *toolRun) error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	values, err := keyValues(args)
	if err != nil {
		return err
	}
	if !t.c.leads() {
		return errors.New("cannot write leadership settings: cannot write settings: not the leader")
	}
	t.c.leaderData = nil
	a := t.c.unit.app
	b := bag{data: a.settings}
	if b.update(values) {
		a.setVer++
	}
	return nil
}

func (c *hookContext) loadState() {
	if c.state == nil {
		c.state = maps.Clone(c.unit.state)
	}
}

func toolStateGet(t *toolRun) error {
	t.smartOutput()
	strict := t.bool("strict")
	key, err := t.parseOne()
	if err != nil {
		return err
	}
	t.c.loadState()
	if key == "" || key == "-" {
		if len(t.c.state) == 0 {
			return t.print(map[string]string(nil))
		}
		return t.print(t.c.state)
	}
	value, ok := t.c.state[key]
	if !ok && *strict {
		return fmt.Errorf("%q not found", key)
	}
	return t.print(value)
}

// Juju's limits on a unit's state: a key, a value, and all of it at the flush.
const (
	maxStateKey   = 256
	maxStateValue = 64 << 10
	maxState      = 2 << 20
)

func toolStateSet(t *toolRun) error {
	file := t.string("", "file")
	args, err := t.parse()
	if err != nil {
		return err
	}
	values, err := keyValues(args)
	if err != nil {
		return err
	}
	if values, err = t.settingsFile(*file, values); err != nil {
		return err
	}
	t.c.loadState()
	for _, k := range sortedKeys(values) {
		switch {
		case len(k) > maxStateKey:
			return fmt.Errorf("max allowed key length (%d) exceeded", maxStateKey)
		case len(values[k]) > maxStateValue:
			return fmt.Errorf("max allowed value length (%d) exceeded", maxStateValue)
		}
		if old, ok := t.c.state[k]; !ok || old != values[k] {
			t.c.state[k] = values[k]
			t.c.stateDirty = true
		}
	}
	return nil
}

func toolStateDelete(t *toolRun) error {
	key, err := t.parseOne()
	if err != nil {
		return err
	}
	t.c.loadState()
	if _, ok := t.c.state[key]; ok {
		delete(t.c.state, key)
		t.c.stateDirty = true
	}
	return nil
}

func toolStatusSet(t *toolRun) error {
	application := t.bool("application")
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) < 1 {
		return usagef("invalid args, require <status> [message]")
	}
	switch args[0] {
	case "maintenance", "blocked", "waiting", "active":
	default:
		return usagef("invalid status %q, expected one of [maintenance blocked waiting active]", args[0])
	}
	message, err := zeroOrOne(args[1:])
	if err != nil {
		return err
	}
	c := t.c
	if !*application {
		c.m.setStatus(&c.unit.workload, args[0], message)
		c.unit.local.statusSet = true
		return nil
	}
	if !c.leads() {
		return errNotLeader
	}
	c.m.setStatus(&c.unit.app.status, args[0], message)
	return nil
}

var errNotLeader = errors.New("this unit is not the leader")

func toolStatusGet(t *toolRun) error {
	t.smartOutput()
	data := t.bool("include-data")
	application := t.bool("application")
	if err := t.parseNone(); err != nil {
		return err
	}
	c := t.c
	if *application {
		return t.applicationStatus(*data)
	}
	if !*data && t.format == "smart" {
		return t.print(c.unit.workload.kind)
	}
	return t.print(statusDetails(c.unit.workload, *data))
}

func (t *toolRun) applicationStatus(data bool) error {
	a := t.c.unit.app
	if !t.c.leads() {
		return fmt.Errorf("finding application status: %w", errNotLeader)
	}
	if !data && t.format == "smart" {
		return t.print(a.currentStatus().kind)
	}
	units := map[string]any{}
	for _, u := range a.units {
		units[u.name] = statusDetails(u.workload, data)
	}
	details := statusDetails(a.currentStatus(), data)
	details["units"] = units
	return t.print(map[string]any{"application-status": details})
}

func statusDetails(s status, data bool) map[string]any {
	out := map[string]any{"status": s.kind}
	if data {
		out["message"] = s.message
		out["status-data"] = map[string]any{}
	}
	return out
}

func toolVersionSet(t *toolRun) error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) < 1 {
		return usagef("no version specified")
	}
	if err := noMore(args[1:]); err != nil {
		return err
	}
	t.c.unit.version = args[0]
	return nil
}

func toolLog(t *toolRun) error {
	debug := t.bool("debug")
	level := t.string("INFO", "l", "log-level")
	t.oldFormat()
	args, err := t.parse()
	if err != nil {
		return err
	}
	if args == nil {
		return usagef("no message specified")
	}
	l := strings.ToUpper(*level)
	switch {
	case *debug:
		l = "DEBUG"
	case l == "":
		l = "INFO"
	}
	switch l {
	case "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL":
	default:
		t.c.log("WARNING", fmt.Sprintf("Specified log level of %q is not valid", *level))
		l = "INFO"
	}
	prefix := ""
	if t.c.info.isRelation() {
		prefix = t.c.hook.Relation + ": "
	}
	t.c.log(l, prefix+strings.Join(args, " "))
	return nil
}

func (c *hookContext) log(level, message string) {
	c.hook.Log = append(c.hook.Log, LogLine{Level: level, Message: message})
}
