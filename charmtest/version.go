// What the hook tools of Juju 2.9 do otherwise. testdata/tools-2.9.txt is what they said to testdata/probe/tools.sh, and
// the acceptance tests run it again.

package charmtest

import (
	"slices"
	"strings"
)

// before3 reports whether the model plays Juju 2.9.
func (o Options) before3() bool { return strings.HasPrefix(o.JujuVersion, "2.") }

// toolNames are the programs in the tools folder.
func (o Options) toolNames() []string {
	names := toolNames()
	if o.before3() {
		names = slices.DeleteFunc(names, newIn3)
	}
	return names
}

// newIn3 reports whether Juju 2.9 has no hook tool of that name.
func newIn3(tool string) bool {
	return tool == "relation-model-get" || strings.HasPrefix(tool, "secret-")
}

// tool gives a hook tool of the model's Juju, or nil.
func (m *Model) tool(name string) tool {
	if m.opt.before3() && newIn3(name) {
		return nil
	}
	return toolNamed(name)
}

// lowestPort is the lowest port that can be opened.
func (o Options) lowestPort() int {
	if o.before3() {
		return 1
	}
	return 0
}

// word is how this Juju puts it: 3.6, or 2.9.
func (t *toolRun) word(now, before string) string {
	if t.c.m.opt.before3() {
		return before
	}
	return now
}
