package connecttest

// Bodies: what Connect's JSON reader makes of them, and how it complains.

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// errNoConfig is what Java says of a body that is not there.
var errNoConfig = refuse(500, `Cannot invoke "java.util.Map.get(Object)" because "connectorConfig" is null`)

// parseConfig reads a flat map; numbers and booleans become strings, nil stands for null. No body at all is nil.
func parseConfig(body []byte) (map[string]*string, error) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil, errNoConfig
	}
	var raw any
	if err := decode(body, &raw); err != nil {
		return nil, malformed(err)
	}
	return flatten(raw)
}

func malformed(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return refuse(500, "Unexpected end-of-input within/between Object entries")
	}
	return refuse(500, "Unexpected character: %s", err)
}

func flatten(raw any) (map[string]*string, error) {
	switch v := raw.(type) {
	case nil:
		return nil, errNoConfig
	case map[string]any:
		flat := map[string]*string{}
		for key, value := range v {
			text, err := asText(value)
			if err != nil {
				return nil, err
			}
			flat[key] = text
		}
		return flat, nil
	case []any:
		return nil, refuse(500, "Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.String,java.lang.String>` from Array value (token `JsonToken.START_ARRAY`)")
	}
	return nil, refuse(500, "Cannot construct instance of `java.util.LinkedHashMap`")
}

func asText(value any) (*string, error) {
	var text string
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		text = v
	case bool:
		text = map[bool]string{true: "true", false: "false"}[v]
	case json.Number:
		text = v.String()
	case map[string]any:
		return nil, refuse(500, "Cannot deserialize value of type `java.lang.String` from Object value (token `JsonToken.START_OBJECT`)")
	default:
		return nil, refuse(500, "Cannot deserialize value of type `java.lang.String` from Array value (token `JsonToken.START_ARRAY`)")
	}
	return &text, nil
}

type createRequest struct {
	name   string
	config map[string]*string
	state  string
}

const createClass = "org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest"

// parseCreate reads the body of POST /connectors.
func parseCreate(body []byte, v version) (createRequest, error) {
	var (
		asked createRequest
		raw   map[string]any
	)
	if err := decode(body, &raw); err != nil {
		return asked, malformed(err)
	}
	known := []string{"config", "name"}
	if v.atLeast(3, 7) {
		known = append(known, "initial_state")
	}
	for key := range raw {
		if !slices.Contains(known, key) {
			end := `"])`
			if v.atLeast(4, 0) {
				end = `")`
			}
			return asked, refuse(500, "Unrecognized field %q (class %s), not marked as ignorable (%d known properties: \"%s%s", key, createClass,
				len(known), strings.Join(known, `", "`), end)
		}
	}
	asked.name, _ = raw["name"].(string)
	asked.state, _ = raw["initial_state"].(string)
	if !slices.Contains([]string{"", "RUNNING", "PAUSED", "STOPPED"}, strings.ToUpper(asked.state)) {
		return asked, refuse(500, "Cannot construct instance of `%s$InitialState`, problem: No enum constant %s.InitialState.%s", createClass, createClass, asked.state)
	}
	asked.state = strings.ToUpper(asked.state)
	var err error
	asked.config, err = flatten(raw["config"])
	return asked, err
}

// decode reads JSON the way the offsets want it: numbers as they are.
func decode(body []byte, into any) error {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	return decoder.Decode(into)
}
