package charm

// Actions that change what Connect runs.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

func (l *layer) registerConnector(ctx context.Context, params map[string]any) error {
	name, config, err := readConnector(text(params, "name"), params["config"])
	if err != nil {
		return err
	}
	response, err := l.unit.RegisterConnector(ctx, config, name)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("cannot register connector %q: %s", name, workers.Refusal(response))
	}
	kept, err := l.unit.Keeps(ctx)
	if err != nil {
		return err
	}
	result := "connector %s is registered"
	if response.StatusCode == http.StatusCreated {
		result = "connector %s is created"
	}
	if !kept {
		result += "; it is not remembered (Juju 2 with the kubernetes relation has no place for passwords): " +
			"register it again when Kafka or Kubernetes was gone"
	}
	l.unit.Action().Set("name", name)
	l.unit.Action().Set("result", fmt.Sprintf(result, name))
	return nil
}

// readConnector understands a configuration given as text or as a map, and the form
// in which it is posted to Connect. What is wrong is said without a value.
func readConnector(name string, given any) (string, map[string]any, error) {
	config, isMap := given.(map[string]any)
	if !isMap {
		var err error
		if config, err = parseConfig(fmt.Sprint(given)); err != nil {
			return "", nil, err
		}
	}
	if inner, posted := config["config"].(map[string]any); posted {
		for key := range config {
			if key != "name" && key != "config" {
				return "", nil, fmt.Errorf("parameter config: beside \"name\" and \"config\" there is %q: put it into \"config\"", key)
			}
		}
		outer, _ := config["name"].(string)
		config = inner
		if name == "" {
			name = outer
		} else if outer != "" && outer != name {
			return "", nil, fmt.Errorf("parameter name is %q, the configuration is of %q: leave one of them out", name, outer)
		}
	}
	if own, _ := config["name"].(string); name == "" {
		name = own
	}
	if name == "" {
		return "", nil, errors.New("the connector has no name: give the parameter name, or \"name\" in the configuration")
	}
	if len(config) == 0 || config["connector.class"] == nil {
		return "", nil, errors.New("the configuration has no \"connector.class\": say which connector is meant")
	}
	return name, config, nil
}

// parseConfig reads JSON with its numbers as they are written, or else YAML.
func parseConfig(text string) (config map[string]any, err error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.UseNumber()
		if decoder.Decode(&config) == nil && !decoder.More() {
			return config, nil
		}
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		line := 0 // the rest of the message may repeat a value
		if n, _ := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); n == 1 {
			return nil, fmt.Errorf("parameter config is neither JSON nor YAML: look at line %d", line)
		}
		return nil, errors.New("parameter config is neither JSON nor YAML")
	}
	if len(node.Content) != 1 || node.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("parameter config is not a map of keys and values")
	}
	if err := node.Decode(&config); err != nil {
		return nil, errors.New("parameter config has a key twice, or a key that is no text")
	}
	return config, nil
}

func (l *layer) unregisterConnector(ctx context.Context, params map[string]any) error {
	name := text(params, "name")
	response, err := l.unit.UnregisterConnector(ctx, name)
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusNotFound {
		l.unit.Action().Set("result", fmt.Sprintf("connector %s was not there", name))
		return nil
	}
	if err := refused(response, name); err != nil {
		return err
	}
	l.unit.Action().Set("result", fmt.Sprintf("connector %s is unregistered, its offsets stay", name))
	return nil
}

func (l *layer) change(do func(*workers.Unit, context.Context, string) (*connect.Response, error), done string) func(context.Context, map[string]any) error {
	return func(ctx context.Context, params map[string]any) error {
		name := text(params, "name")
		response, err := do(l.unit, ctx, name)
		if err != nil {
			return err
		}
		if err := refused(response, name); err != nil {
			return err
		}
		l.unit.Action().Set("result", fmt.Sprintf("connector %s is %s", name, done))
		return nil
	}
}

// stopConnector tells workers that cannot stop a connector from one that is not there: both answer 404.
func (l *layer) stopConnector(ctx context.Context, params map[string]any) error {
	name := text(params, "name")
	response, err := l.unit.ConnectorStop(ctx, name)
	if err != nil {
		return err
	}
	if code := response.StatusCode; code == http.StatusNotFound || code == http.StatusMethodNotAllowed {
		if status, err := l.unit.ConnectorStatus(ctx, name); err == nil && status.StatusCode == http.StatusOK {
			return fmt.Errorf("these workers cannot stop connector %q, Kafka 3.5 can: pause it instead", name)
		}
	}
	if err := refused(response, name); err != nil {
		return err
	}
	l.unit.Action().Set("result", fmt.Sprintf("connector %s is stopped", name))
	return nil
}

func (l *layer) restartConnector(ctx context.Context, params map[string]any) error {
	name := text(params, "name")
	what := connect.Restart{}
	what.IncludeTasks, _ = params["tasks"].(bool)
	what.OnlyFailed, _ = params["only-failed"].(bool)
	response, err := l.unit.RestartConnector(ctx, name, what)
	if err != nil {
		return err
	}
	if err := refused(response, name); err != nil {
		return err
	}
	l.unit.Action().Set("result", fmt.Sprintf("connector %s is restarted", name))
	return nil
}
