// The list of hook tools, and the small ones that fit nowhere else.

package charmtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// toolNamed gives the hook tool of that name, or nil. A switch rather than a table: nothing to initialise.
func toolNamed(name string) tool {
	switch name {
	case "config-get":
		return toolConfigGet
	case "is-leader":
		return toolIsLeader
	case "leader-get":
		return toolLeaderGet
	case "leader-set":
		return toolLeaderSet
	case "state-get":
		return toolStateGet
	case "state-set":
		return toolStateSet
	case "state-delete":
		return toolStateDelete
	case "status-set":
		return toolStatusSet
	case "status-get":
		return toolStatusGet
	case "application-version-set":
		return toolVersionSet
	case "juju-log":
		return toolLog
	case "relation-ids":
		return toolRelationIDs
	case "relation-list":
		return toolRelationList
	case "relation-get":
		return toolRelationGet
	case "relation-set":
		return toolRelationSet
	case "relation-model-get":
		return toolRelationModelGet
	}
	return moreTools(name)
}

func moreTools(name string) tool {
	switch name {
	case "action-get":
		return toolActionGet
	case "action-set":
		return toolActionSet
	case "action-fail":
		return toolActionFail
	case "action-log":
		return toolActionLog
	case "open-port":
		return toolOpenPort
	case "close-port":
		return toolClosePort
	case "opened-ports":
		return toolOpenedPorts
	case "network-get":
		return toolNetworkGet
	case "unit-get":
		return toolUnitGet
	case "goal-state":
		return toolGoalState
	case "resource-get":
		return toolResourceGet
	case "credential-get":
		return toolCredentialGet
	case "storage-list":
		return toolStorageList
	case "secret-add":
		return toolSecretAdd
	case "secret-set":
		return toolSecretSet
	case "secret-get":
		return toolSecretGet
	case "secret-info-get":
		return toolSecretInfoGet
	case "secret-ids":
		return toolSecretIDs
	case "secret-grant":
		return toolSecretGrant
	case "secret-revoke":
		return toolSecretRevoke
	case "secret-remove":
		return toolSecretRemove
	}
	return nil
}

// toolNames are the programs in the tools folder.
func toolNames() []string {
	return strings.Fields(`action-fail action-get action-log action-set application-version-set close-port config-get
		credential-get goal-state is-leader juju-log leader-get leader-set network-get open-port opened-ports
		relation-get relation-ids relation-list relation-model-get relation-set resource-get secret-add secret-get
		secret-grant secret-ids secret-info-get secret-remove secret-revoke secret-set state-delete state-get state-set
		status-get status-set storage-list unit-get`)
}

var errNoAction = errors.New("not running an action")

func toolActionGet(t *toolRun) error {
	t.smartOutput()
	key, err := t.parseOne()
	if err != nil {
		return err
	}
	if t.c.action == nil {
		return errNoAction
	}
	var value any = t.c.action.params
	if key != "" {
		for _, k := range strings.Split(key, ".") {
			value = lookUp(value, k)
		}
	}
	return t.print(value)
}

func lookUp(v any, key string) any {
	switch m := v.(type) {
	case map[string]any:
		return m[key]
	case map[any]any:
		return m[key]
	}
	return nil
}

// actionKey is what action-set allows for each part of a key.
var actionKey = regexp.MustCompile(`^[a-z0-9](([a-z0-9-]*)?[a-z0-9])?$`)

func toolActionSet(t *toolRun) error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	for _, a := range args {
		key, _, ok := strings.Cut(a, "=")
		if !ok {
			return usagef("argument %q must be of the form key...=value", a)
		}
		for _, part := range strings.Split(key, ".") {
			if !actionKey.MatchString(part) {
				return usagef("key %q must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric%s", part,
					t.word(" and hyphens", ", hyphens and periods"))
			}
			switch part {
			case "stdout", "stdout-encoding", "stderr", "stderr-encoding":
				return usagef("cannot set reserved action key %q", part)
			}
		}
	}
	if t.c.action == nil && len(args) > 0 {
		return errNoAction
	}
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		put(t.c.results, strings.Split(key, "."), value)
	}
	return nil
}

// put stores a value below nested keys; a plain value on the way gives room to a map.
func put(m map[string]any, keys []string, value string) {
	for _, k := range keys[:len(keys)-1] {
		inner, ok := m[k].(map[string]any)
		if !ok {
			inner = map[string]any{}
			m[k] = inner
		}
		m = inner
	}
	m[keys[len(keys)-1]] = value
}

func toolActionFail(t *toolRun) error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	message, err := zeroOrOne(args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		message = "action failed without reason given, check action for errors"
	}
	if t.c.action == nil {
		return errNoAction
	}
	t.c.actionMsg, t.c.actionFail = message, true
	return nil
}

func toolActionLog(t *toolRun) error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	if args == nil {
		return usagef("no message specified")
	}
	if t.c.action == nil {
		return errNoAction
	}
	t.c.action.result.Log = append(t.c.action.result.Log, strings.Join(args, " "))
	return nil
}

// toolResourceGet copies the resource next to the charm, where Juju downloads it, and prints the path.
func toolResourceGet(t *toolRun) error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) < 1 {
		return usagef("missing required resource name")
	}
	if err := noMore(args[1:]); err != nil {
		return err
	}
	u, name := t.c.unit, args[0]
	from, ok := u.app.resources[name]
	if !ok {
		return fmt.Errorf("could not download resource: HTTP request failed: Get \"/units/%s/resources/%s\": resource %q not found",
			u.name, name, name)
	}
	file := u.app.charm.Resources[name].Path
	if file == "" {
		file = filepath.Base(from)
	}
	to := filepath.Join(filepath.Dir(u.dir), "resources", file) // resources that share a name share the file, as in Juju
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("could not download resource: %w", err)
	}
	if err := copyFile(from, to, 0o644); err != nil {
		return fmt.Errorf("could not download resource: %w", err)
	}
	t.stdout.WriteString(to)
	return nil
}

func toolCredentialGet(t *toolRun) error {
	t.smartOutput()
	if err := t.parseNone(); err != nil {
		return err
	}
	if !t.c.unit.app.trust || t.c.m.opt.Credential == nil {
		return fmt.Errorf("cannot access cloud credentials: %w", errPermission)
	}
	return t.print(t.c.m.opt.Credential)
}

func toolStorageList(t *toolRun) error {
	t.smartOutput()
	if _, err := t.parseOne(); err != nil {
		return err
	}
	return t.print([]string{})
}
