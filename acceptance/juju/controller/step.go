package controller

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Step is one thing that happens, in the words of charmtest/internal/steps of
// the main module.
type Step struct {
	Do        string
	App       string              `json:",omitempty"`
	Unit      string              `json:",omitempty"`
	Charm     string              `json:",omitempty"`
	Units     int                 `json:",omitempty"`
	Config    map[string]any      `json:",omitempty"`
	One, Two  string              `json:",omitempty"`
	Interface string              `json:",omitempty"` // of a scripted application; here any will do
	Action    string              `json:",omitempty"`
	Params    map[string]any      `json:",omitempty"`
	Refuse    string              `json:",omitempty"`
	Times     int                 `json:",omitempty"`
	Data      []map[string]string `json:",omitempty"` // of a scripted application, by unit
	Resource  string              `json:",omitempty"`
	File      string              `json:",omitempty"` // to attach
}

// refusable are the requests that a step can refuse, by what it calls them.
var refusable = map[string]string{"config-get": RequestConfig, "flush": RequestFlush}

// Play plays a step, without waiting for what comes of it. It gives the number
// of an action.
func (m *Model) Play(s Step) (action string, err error) {
	switch s.Do {
	case "look":
		return "", nil
	case "told":
		m.Told()
		return "", nil
	case "deploy":
		return "", m.Deploy(s.App, s.Charm, s.Units, s.Config)
	case "remote":
		return "", m.Remote(s.App, s.Data...)
	case "write":
		return "", m.Write(s.App, s.Data...)
	case "integrate":
		return "", m.Integrate(s.One, s.Two)
	case "remove-relation":
		return "", m.RemoveRelation(s.One, s.Two)
	case "configure":
		return "", m.Configure(s.App, s.Config)
	case "add-unit":
		return "", m.AddUnit(s.App)
	case "remove-unit":
		return "", m.RemoveUnit(s.Unit)
	case "remove-application":
		return "", m.RemoveApplication(s.App)
	case "lead":
		return "", m.Lead(s.App, s.Unit)
	case "kill-agent":
		return "", m.KillAgent(s.Unit)
	case "start-agent":
		return "", m.StartAgent(s.Unit)
	case "update-status":
		return "", m.UpdateStatus(s.App)
	case "refresh":
		return "", m.Refresh(s.App, s.Charm)
	case "attach":
		return "", m.Attach(s.App, s.Resource, s.File)
	case "secret":
		return "", m.UserSecret(s.App, s.One, s.Two, s.Data[0])
	case "resolve":
		return "", m.Resolve(s.Unit)
	case "refuse":
		request, known := refusable[s.Refuse]
		if !known {
			return "", fmt.Errorf("cannot refuse %q: it is one of %s", s.Refuse, strings.Join(slices.Sorted(maps.Keys(refusable)), ", "))
		}
		return "", m.Refuse(request, s.Times)
	case "action":
		return m.Act(s.Unit, s.Action, s.Params)
	}
	return "", fmt.Errorf("cannot do %q: no such step", s.Do)
}
