package juju

// The application's options, as config-get gives them.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
)

// Config holds the options that have a value, defaults included: a string, an
// int64, a float64 or a bool each. One that config.yaml does not declare is as one
// without a value; `kcb build` refuses a program that asks for such a name.
type Config map[string]any

// String gives a string option, "" if it has no value or is no string.
func (c Config) String(option string) string {
	text, _ := c[option].(string)
	return text
}

// Int gives a whole number, 0 if the option has no value or is none.
func (c Config) Int(option string) int {
	switch number := c[option].(type) {
	case int64:
		return int(number)
	case float64:
		return int(number)
	}
	return 0
}

// Float gives a number, 0 if the option has no value or is none.
func (c Config) Float(option string) float64 {
	switch number := c[option].(type) {
	case int64:
		return float64(number)
	case float64:
		return number
	}
	return 0
}

// Bool gives a switch, false if the option has no value or is none.
func (c Config) Bool(option string) bool {
	on, _ := c[option].(bool)
	return on
}

// IsSet reports whether an option has a value that is not empty, false or 0.
func (c Config) IsSet(option string) bool {
	switch value := c[option].(type) {
	case nil:
		return false
	case string:
		return value != ""
	case bool:
		return value
	case int64:
		return value != 0
	case float64:
		return value != 0
	}
	return true
}

// Config gives the application's options. The map is the caller's own.
func (u *Unit) Config(ctx context.Context) (Config, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.config == nil {
		var raw map[string]any
		if err := u.read(ctx, "", &raw, "config-get", "--all"); err != nil {
			return nil, fmt.Errorf("cannot read the configuration: %w", err)
		}
		config := Config{}
		for option, value := range raw {
			if value != nil {
				config[option] = plainNumber(value)
			}
		}
		u.config = config
	}
	return maps.Clone(u.config), nil
}

// plainNumber makes a whole number an int64 and any other a float64.
func plainNumber(value any) any {
	number, ok := value.(json.Number)
	if !ok {
		return value
	}
	if whole, err := number.Int64(); err == nil {
		return whole
	}
	float, err := number.Float64()
	if err != nil {
		return number.String()
	}
	return float
}
