package juju_test

import (
	"errors"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

func TestReadEnv(t *testing.T) {
	t.Parallel()
	base := map[string]string{"JUJU_UNIT_NAME": "kc/0", "JUJU_CONTEXT_ID": "c"}
	cases := map[string]struct {
		arg0 string
		more map[string]string
		hook juju.Hook
		err  bool
	}{
		"dispatch":    {"dispatch", map[string]string{"JUJU_DISPATCH_PATH": "hooks/install"}, juju.Hook{Name: "install"}, false},
		"action":      {"dispatch", map[string]string{"JUJU_DISPATCH_PATH": "actions/restart"}, juju.Hook{Action: "restart"}, false},
		"hook link":   {"/var/lib/juju/agents/unit-kc-0/charm/hooks/start", nil, juju.Hook{Name: "start"}, false},
		"action link": {"./actions/restart", nil, juju.Hook{Action: "restart"}, false},
		"dispatch path before link": {"hooks/start", map[string]string{"JUJU_DISPATCH_PATH": "hooks/install"},
			juju.Hook{Name: "install"}, false},
		"hook name":   {"/tmp/x", map[string]string{"JUJU_HOOK_NAME": "stop"}, juju.Hook{Name: "stop"}, false},
		"action name": {"/tmp/x", map[string]string{"JUJU_ACTION_NAME": "restart"}, juju.Hook{Action: "restart"}, false},
		"no hook":     {"/tmp/x", nil, juju.Hook{}, true},
		"odd path":    {"dispatch", map[string]string{"JUJU_DISPATCH_PATH": "elsewhere/x"}, juju.Hook{}, true},
		"odd unit":    {"dispatch", map[string]string{"JUJU_DISPATCH_PATH": "hooks/install", "JUJU_UNIT_NAME": "kc"}, juju.Hook{}, true},
		"relation": {"dispatch", map[string]string{"JUJU_DISPATCH_PATH": "hooks/db-relation-departed", "JUJU_RELATION": "db",
			"JUJU_RELATION_ID": "db:1", "JUJU_REMOTE_APP": "pg", "JUJU_REMOTE_UNIT": "pg/0", "JUJU_DEPARTING_UNIT": "pg/0"},
			juju.Hook{Name: "db-relation-departed", Endpoint: "db", RelationID: "db:1", RemoteApp: "pg", RemoteUnit: "pg/0",
				DepartingUnit: "pg/0"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			getenv := func(name string) string {
				if value, ok := c.more[name]; ok {
					return value
				}
				return base[name]
			}
			env, err := juju.ReadEnv(getenv, c.arg0)
			if (err != nil) != c.err || env.Hook != c.hook {
				t.Errorf("got %+v, %v", env.Hook, err)
			}
			if errors.Is(err, juju.ErrNotJuju) {
				t.Errorf("taken for outside Juju")
			}
		})
	}
	_, err := juju.ReadEnv(func(string) string { return "" }, "hooks/install")
	if !errors.Is(err, juju.ErrNotJuju) {
		t.Errorf("outside Juju: %v", err)
	}
}
