// Configuration and parameters as Juju checks them, so that a world with a wrong option or parameter cannot be
// built.

package charmdir

import (
	"fmt"
	"maps"

	jujucharm "github.com/juju/charm/v12"
)

// Defaults gives every option with its default; one without a default is nil.
func (c *Charm) Defaults() map[string]any {
	return map[string]any(c.config.DefaultSettings())
}

// Validate checks settings as `juju config` does and gives them in the option's own type (an int option is an
// int64). A string is parsed when the option is not one; nil stands for "no value". Its errors are Juju's:
// `unknown option "x"`, `option "port" expected int, got "a"`.
func (c *Charm) Validate(settings map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, value := range settings {
		checked, err := c.validateOne(name, value)
		if err != nil {
			return nil, err
		}
		out[name] = checked
	}
	return out, nil
}

func (c *Charm) validateOne(name string, value any) (any, error) {
	option, known := c.config.Options[name]
	var (
		one jujucharm.Settings
		err error
	)
	if text, isText := value.(string); isText && known && option.Type != "string" && option.Type != "secret" {
		one, err = c.config.ParseSettingsStrings(map[string]string{name: text})
	} else {
		one, err = c.config.ValidateSettings(jujucharm.Settings{name: value})
	}
	if err != nil {
		return nil, err
	}
	return one[name], nil
}

// ValidateAction checks an action's name and parameters against its schema and gives the parameters with the
// schema's defaults filled in, as the unit will see them. Its errors are Juju's.
func (c *Charm) ValidateAction(name string, params map[string]any) (map[string]any, error) {
	action, ok := c.Actions[name]
	if !ok {
		return nil, fmt.Errorf("action %q not defined", name)
	}
	if err := action.spec.ValidateParams(params); err != nil {
		return nil, err
	}
	// The schema library writes defaults into the map it is given.
	filled, err := action.spec.InsertDefaults(maps.Clone(params))
	if err != nil {
		return nil, fmt.Errorf("cannot fill in defaults of action %q: %w", name, err)
	}
	return filled, nil
}
