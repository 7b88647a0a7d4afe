// The environment of a hook, as HookVars of Juju 3.6 makes it: nothing of this process's own gets in.

package charmtest

import (
	"os"
	"strings"
)

func (c *hookContext) environment() []string {
	m, u := c.m, c.unit
	env := []string{
		"CHARM_DIR=" + u.dir,
		"JUJU_CHARM_DIR=" + u.dir,
		"JUJU_CONTEXT_ID=" + c.id,
		"JUJU_HOOK_NAME=" + c.hookName(),
		"JUJU_AGENT_SOCKET_ADDRESS=" + m.tools.address,
		"JUJU_AGENT_SOCKET_NETWORK=unix",
		"JUJU_UNIT_NAME=" + u.name,
		"JUJU_MODEL_UUID=" + m.opt.UUID,
		"JUJU_MODEL_NAME=" + m.opt.Name,
		"JUJU_API_ADDRESSES=127.0.0.1:17070",
		"JUJU_SLA=unsupported",
		"JUJU_MACHINE_ID=" + u.machine,
		"JUJU_PRINCIPAL_UNIT=",
		"JUJU_AVAILABILITY_ZONE=",
		"JUJU_VERSION=" + m.opt.JujuVersion,
		"CLOUD_API_VERSION=",
		"JUJU_CHARM_HTTP_PROXY=",
		"JUJU_CHARM_HTTPS_PROXY=",
		"JUJU_CHARM_FTP_PROXY=",
		"JUJU_CHARM_NO_PROXY=",
	}
	env = append(env, c.hookVars()...)
	env = append(env,
		"APT_LISTCHANGES_FRONTEND=none",
		"DEBIAN_FRONTEND=noninteractive",
		"LANG=C.UTF-8",
		"TERM=tmux-256color",
		"PATH="+m.tools.dir+":"+m.path(),
		"JUJU_DISPATCH_PATH="+c.folder()+"/"+c.hook.Name,
	)
	for _, k := range sortedKeys(m.opt.Env) {
		env = append(env, k+"="+m.opt.Env[k])
	}
	return env
}

func (c *hookContext) hookName() string {
	if c.hook.Action {
		return ""
	}
	return c.hook.Name
}

// hookVars are those only some hooks have.
func (c *hookContext) hookVars() []string {
	h := c.info
	var env []string
	if h.isRelation() {
		env = append(env,
			"JUJU_RELATION="+h.endpoint,
			"JUJU_RELATION_ID="+c.hook.Relation,
			"JUJU_REMOTE_UNIT="+h.remoteUnit,
			"JUJU_REMOTE_APP="+h.remoteApp,
		)
		if h.departing != "" {
			env = append(env, "JUJU_DEPARTING_UNIT="+h.departing)
		}
	}
	if a := h.action; a != nil {
		env = append(env, "JUJU_ACTION_NAME="+a.name, "JUJU_ACTION_UUID="+a.id, "JUJU_ACTION_TAG=action-"+a.id)
	}
	if s := h.secret; s != nil {
		env = append(env, "JUJU_SECRET_ID="+s.uri(), "JUJU_SECRET_LABEL="+h.label)
		if h.revision > 0 {
			env = append(env, "JUJU_SECRET_REVISION="+itoa(h.revision))
		}
	}
	return env
}

func (m *Model) path() string {
	if m.opt.Path != "" {
		return m.opt.Path
	}
	return strings.TrimSuffix(os.Getenv("PATH"), ":")
}
