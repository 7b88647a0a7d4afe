package juju

// What Juju tells a charm process by its environment: who it is, which hook or
// action is being run, and how to reach the agent.

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ErrNotJuju is given by ReadEnv in a process that Juju did not start.
var ErrNotJuju = errors.New("not started by Juju")

// Env is the environment of one hook, as Juju set it.
type Env struct {
	CharmDir     string // where the charm's files are; also the process's working directory
	UnitName     string // "kc/0"
	ModelName    string
	ModelUUID    string
	JujuVersion  string // "3.6.11"; empty if Juju did not say
	DispatchPath string // "hooks/install", "actions/restart"
	ContextID    string // names this hook to the agent

	SocketNetwork string // "unix", or "tcp" with TLS
	SocketAddress string
	SocketToken   string // asked for by agents before Juju 4
	SocketCA      string // file with the certificate authority of a tcp socket

	Path string // PATH, with the folder of the hook tools first

	Hook Hook
}

// Hook is what is being run. Fields that do not belong to its kind are empty.
type Hook struct {
	Name   string // "install", "kafka-relation-changed"; empty for an action
	Action string // the action's name, if it is one

	Endpoint      string // of a relation hook
	RelationID    string // "kafka:1"
	RemoteApp     string
	RemoteUnit    string // empty for created, broken and a change of application data
	DepartingUnit string // who leaves, in a departed hook; may be this unit

	SecretURI      string // of a secret hook
	SecretLabel    string
	SecretRevision string // of secret-remove, secret-expired
	Workload       string // the container of a Pebble hook
}

// String is how Juju spells it: the hook's name, or "action restart".
func (h Hook) String() string {
	if h.Action != "" {
		return "action " + h.Action
	}
	return h.Name
}

// Broken reports whether this is a relation-broken hook.
func (h Hook) Broken() bool { return h.Endpoint != "" && strings.HasSuffix(h.Name, "-relation-broken") }

// Departed reports whether this is a relation-departed hook.
func (h Hook) Departed() bool {
	return h.Endpoint != "" && strings.HasSuffix(h.Name, "-relation-departed")
}

// ReadEnv reads the environment of a hook. The hook's name comes from
// JUJU_DISPATCH_PATH; where Juju does not set that, from arg0, when the binary
// is linked as hooks/NAME or actions/NAME; and last from JUJU_HOOK_NAME.
//
// Outside Juju the error is ErrNotJuju.
func ReadEnv(getenv func(string) string, arg0 string) (Env, error) {
	env := Env{
		CharmDir:      first(getenv("JUJU_CHARM_DIR"), getenv("CHARM_DIR")),
		UnitName:      getenv("JUJU_UNIT_NAME"),
		ModelName:     getenv("JUJU_MODEL_NAME"),
		ModelUUID:     getenv("JUJU_MODEL_UUID"),
		JujuVersion:   getenv("JUJU_VERSION"),
		ContextID:     getenv("JUJU_CONTEXT_ID"),
		SocketNetwork: first(getenv("JUJU_AGENT_SOCKET_NETWORK"), "unix"),
		SocketAddress: getenv("JUJU_AGENT_SOCKET_ADDRESS"),
		SocketToken:   getenv("JUJU_AGENT_TOKEN"),
		SocketCA:      getenv("JUJU_AGENT_CA_CERT"),
		Path:          getenv("PATH"),
	}
	if env.UnitName == "" || env.ContextID == "" {
		return Env{}, ErrNotJuju
	}
	if app, number, ok := strings.Cut(env.UnitName, "/"); !ok || app == "" || number == "" {
		return Env{}, fmt.Errorf("cannot read JUJU_UNIT_NAME %q: it should look like kafka-connect/0", env.UnitName)
	}
	env.DispatchPath = dispatchPath(getenv, arg0)
	hook, err := readHook(getenv, env.DispatchPath)
	if err != nil {
		return Env{}, err
	}
	env.Hook = hook
	return env, nil
}

func dispatchPath(getenv func(string) string, arg0 string) string {
	if path := getenv("JUJU_DISPATCH_PATH"); path != "" {
		return path
	}
	kind := filepath.Base(filepath.Dir(arg0))
	if kind == "hooks" || kind == "actions" {
		return kind + "/" + filepath.Base(arg0)
	}
	if name := getenv("JUJU_ACTION_NAME"); name != "" {
		return "actions/" + name
	}
	if name := getenv("JUJU_HOOK_NAME"); name != "" {
		return "hooks/" + name
	}
	return ""
}

func readHook(getenv func(string) string, path string) (Hook, error) {
	kind, name, _ := strings.Cut(path, "/")
	if name == "" || kind != "hooks" && kind != "actions" {
		return Hook{}, fmt.Errorf("cannot tell which hook to run from JUJU_DISPATCH_PATH %q: "+
			"it should look like hooks/update-status", path)
	}
	if kind == "actions" {
		return Hook{Action: name}, nil
	}
	return Hook{
		Name:           name,
		Endpoint:       getenv("JUJU_RELATION"),
		RelationID:     getenv("JUJU_RELATION_ID"),
		RemoteApp:      getenv("JUJU_REMOTE_APP"),
		RemoteUnit:     getenv("JUJU_REMOTE_UNIT"),
		DepartingUnit:  getenv("JUJU_DEPARTING_UNIT"),
		SecretURI:      getenv("JUJU_SECRET_ID"),
		SecretLabel:    getenv("JUJU_SECRET_LABEL"),
		SecretRevision: getenv("JUJU_SECRET_REVISION"),
		Workload:       getenv("JUJU_WORKLOAD_NAME"),
	}, nil
}

// applicationOf gives the application of a unit's name.
func applicationOf(unit string) string {
	app, _, _ := strings.Cut(unit, "/")
	return app
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
