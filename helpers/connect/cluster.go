package connect

// What can be asked about the workers: who they are, how they are, what they can run, how much they log.

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A Root is what a worker says of itself.
type Root struct {
	Version        string `json:"version"`
	Commit         string `json:"commit"`
	KafkaClusterID string `json:"kafka_cluster_id"`
}

// Root asks the worker who it is: [Root]. It answers even when it can do nothing else.
func (c *Client) Root(ctx context.Context) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/"})
}

// Health asks the worker how it is, once: 200 when it is well, else an error of kind NotReady. From Kafka 3.9
// (KIP-1017); before that NotFound.
func (c *Client) Health(ctx context.Context) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/health", once: true})
}

// A Plugin is something the worker that answered can run; others may have others.
type Plugin struct {
	Class   string `json:"class"`
	Type    string `json:"type"`
	Version string `json:"version"`
}

// Plugins asks for the connectors a worker can run, or (from Kafka 3.2) for its converters, transformations and
// predicates as well: []Plugin.
func (c *Client) Plugins(ctx context.Context, connectorsOnly bool) (*Response, error) {
	r := request{method: http.MethodGet, path: "/connector-plugins"}
	if !connectorsOnly {
		r.query = url.Values{"connectorsOnly": {"false"}}
	}
	return c.do(ctx, r)
}

// PluginConfig asks what a plugin can be configured with: []Definition. The last part of the class is enough.
func (c *Client) PluginConfig(ctx context.Context, class string) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/connector-plugins/" + segment(class) + "/config"})
}

// A Definition is one key a plugin understands.
type Definition struct {
	Name          string  `json:"name"`
	Type          string  `json:"type"` // "STRING", "INT", "PASSWORD", …
	Required      bool    `json:"required"`
	DefaultValue  *string `json:"default_value"`
	Importance    string  `json:"importance"`
	Documentation string  `json:"documentation"`
}

// A Validation is what a plugin thinks of a configuration.
type Validation struct {
	Name       string `json:"name"`
	ErrorCount int    `json:"error_count"`
	Configs    []struct {
		Definition Definition `json:"definition"`
		Value      struct {
			Name        string   `json:"name"`
			Value       *string  `json:"value"`
			Recommended []string `json:"recommended_values"`
			Errors      []string `json:"errors"`
			Visible     bool     `json:"visible"`
		} `json:"value"`
	} `json:"configs"`
}

// Problems are the complaints, one line per key, without secrets. None means valid.
func (v Validation) Problems() []string {
	var keep secrets
	for _, config := range v.Configs {
		if config.Value.Value != nil {
			keep.learn(map[string]string{config.Definition.Name: *config.Value.Value})
			if config.Definition.Type == "PASSWORD" {
				keep.add(*config.Value.Value)
			}
		}
	}
	var problems []string
	for _, config := range v.Configs {
		if len(config.Value.Errors) > 0 {
			problems = append(problems, keep.message(config.Value.Name+": "+strings.Join(config.Value.Errors, "; ")))
		}
	}
	if len(problems) == 0 && v.ErrorCount > 0 {
		problems = append(problems, fmt.Sprintf("%d errors that are not explained", v.ErrorCount))
	}
	return problems
}

// Validate asks a connector's plugin what it thinks of a configuration: [Validation], with 200 also when it is not
// valid. A plugin may look at the outside for that and take its time: bound it by the context.
func (c *Client) Validate(ctx context.Context, name string, config map[string]any) (*Response, error) {
	flat, err := c.config(name, config)
	if err != nil {
		return nil, err
	}
	class := flat["connector.class"]
	if class == "" {
		return nil, &Error{Method: "config", Connector: name, Kind: Invalid, Message: `it has no "connector.class"`}
	}
	path := "/connector-plugins/" + segment(class) + "/config/validate"
	return c.do(ctx, request{method: http.MethodPut, path: path, body: flat, connector: name})
}

// A Logger is how much one logger of a worker says.
type Logger struct {
	Level        string `json:"level"`
	LastModified *int64 `json:"last_modified"` // milliseconds since 1970; nil when it never was
}

// Loggers asks for all loggers whose level was set: map[string]Logger.
func (c *Client) Loggers(ctx context.Context) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/admin/loggers"})
}

// Logger asks for one of them.
func (c *Client) Logger(ctx context.Context, logger string) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/admin/loggers/" + segment(logger)})
}

// SetLogger sets a level: on the worker that is asked (200, []string of all loggers concerned), or on every worker of
// the cluster (204, from Kafka 3.7). A level that does not exist is NotFound.
func (c *Client) SetLogger(ctx context.Context, logger, level string, cluster bool) (*Response, error) {
	r := request{method: http.MethodPut, path: "/admin/loggers/" + segment(logger), body: map[string]string{"level": level}}
	if cluster {
		r.query = url.Values{"scope": {"cluster"}}
	}
	return c.do(ctx, r)
}

func taskName(connector string, task int) string {
	if task < 0 {
		return "connector " + strconv.Quote(connector)
	}
	return fmt.Sprintf("task %d of connector %q", task, connector)
}
