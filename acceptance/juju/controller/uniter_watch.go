package controller

// The Uniter facade: what an agent watches, and actions.

import (
	"encoding/json"
	"fmt"

	"github.com/juju/names/v5"

	"github.com/juju/juju/rpc/params"
)

func watchHandlers() map[string]handler {
	strings := func(r params.StringsWatchResult) (any, error) {
		return params.StringsWatchResults{Results: []params.StringsWatchResult{r}}, nil
	}
	never := func(c *call) params.NotifyWatchResult { return c.notify(func() int { return 0 }) }
	quiet := func(c *call) (any, error) {
		return params.NotifyWatchResults{Results: []params.NotifyWatchResult{never(c)}}, nil
	}
	constant := func(c *call) (any, error) { return strings(c.text(func() string { return "the same" })) }
	return map[string]handler{
		"Watch":                           watchEntity,
		"WatchLeadershipSettings":         quiet,
		"WatchInstanceData":               quiet,
		"WatchUpgradeSeriesNotifications": quiet,
		"WatchForModelConfigChanges":      func(c *call) (any, error) { return never(c), nil },
		"WatchUpdateStatusHookInterval":   func(c *call) (any, error) { return never(c), nil },
		"UpdateStatusHookInterval":        func(c *call) (any, error) { return params.ModelConfigResult{Config: c.m.modelConfig}, nil },
		"WatchTrustConfigSettingsHash":    constant,
		"WatchUnitAddressesHash":          constant,
		"WatchConfigSettingsHash": func(c *call) (any, error) {
			return strings(c.text(func() string {
				text, err := json.Marshal(c.app.config)
				return fmt.Sprint(string(text), err)
			}))
		},
		"WatchUnitStorageAttachments": func(c *call) (any, error) {
			return strings(c.keys(false, func() map[string]string { return nil }))
		},
		"WatchActionNotifications": func(c *call) (any, error) {
			return strings(c.keys(true, func() map[string]string { return c.m.pending(c.unit.name) }))
		},
		"WatchUnitRelations": func(c *call) (any, error) {
			return strings(c.keys(false, func() map[string]string {
				lives := map[string]string{}
				for _, r := range c.m.relations {
					if r.mine(c.app.name) != nil {
						lives[r.key] = string(r.life)
					}
				}
				return lives
			}))
		},
	}
}

func watchEntity(c *call) (any, error) {
	u, a := c.unit, c.app
	current := func() int { return u.version }
	if c.entity().Kind() == names.ApplicationTagKind {
		current = func() int { return a.version }
	}
	return params.NotifyWatchResults{Results: []params.NotifyWatchResult{c.notify(current)}}, nil
}

func (m *Model) pending(unit string) map[string]string {
	out := map[string]string{}
	for _, a := range m.actions {
		if a.unit == unit && a.status == "pending" {
			out[a.id] = a.status
		}
	}
	return out
}

func actionHandlers() map[string]handler {
	return map[string]handler{
		"Actions": func(c *call) (any, error) {
			a := c.action()
			return params.ActionResults{Results: []params.ActionResult{{Status: a.status,
				Action: &params.Action{Tag: names.NewActionTag(a.id).String(), Name: a.name, Parameters: a.params}}}}, nil
		},
		"ActionStatus": func(c *call) (any, error) { return oneText(c.action().status), nil },
		"BeginActions": func(c *call) (any, error) {
			c.action().status = "running"
			return fine(), nil
		},
		"LogActionsMessages": func(*call) (any, error) { return fine(), nil },
		"FinishActions": func(c *call) (any, error) {
			var arg params.ActionExecutionResults
			c.read(&arg)
			for _, r := range arg.Results {
				tag, err := names.ParseActionTag(r.ActionTag)
				if err != nil {
					return nil, err
				}
				a := c.m.actions[tag.Id()]
				a.status, a.results, a.message = r.Status, r.Results, r.Message
			}
			return fine(), nil
		},
	}
}

func (c *call) action() *action {
	if a := c.m.actions[c.entity().Id()]; a != nil {
		return a
	}
	c.m.trouble = append(c.m.trouble, "no action "+c.entity().Id())
	return &action{}
}
