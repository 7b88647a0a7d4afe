package jujutest

// The hook tools: their flags, and what they do to the agent.

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var errNoStdin = errors.New("hook tool requires stdin, none supplied")

type usageError string

func (e usageError) Error() string { return string(e) }

// toolFlags gives the flags each tool knows; with "=", those that take a value.
func toolFlags() map[string]string {
	return map[string]string{
		"config-get": "format= all", "is-leader": "format=", "relation-ids": "format=",
		"relation-list": "format= r= app", "relation-get": "format= r= app", "relation-set": "r= app file=",
		"state-get": "format= strict", "state-set": "file=", "state-delete": "", "status-set": "application",
		"juju-log": "l= log-level= debug", "application-version-set": "", "open-port": "", "close-port": "",
		"opened-ports": "format=", "network-get": "format= r=", "goal-state": "format=", "resource-get": "",
		"action-get": "format=", "action-set": "", "action-fail": "", "action-log": "",
		"secret-add": "label= description= rotate= expire= owner= file=",
		"secret-set": "label= description= rotate= expire= owner= file=",
		"secret-get": "format= label= peek refresh", "secret-info-get": "format= label=",
		"secret-grant": "r= relation= unit=", "secret-revoke": "r= relation= unit=", "secret-remove": "revision=",
	}
}

// call is a request taken apart.
type call struct {
	Request
	flags map[string]string
	args  []string
}

// parse reads flags as Juju does: anywhere before "--", and "-" is none.
func parse(known string, request Request) (call, error) {
	c := call{Request: request, flags: map[string]string{}}
	for i := 0; i < len(request.Args); i++ {
		arg := request.Args[i]
		if arg == "--" {
			c.args = append(c.args, request.Args[i+1:]...)
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			c.args = append(c.args, arg)
			continue
		}
		name, value, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch words := strings.Fields(known); {
		case slices.Contains(words, name):
			c.flags[name] = "true"
		case !slices.Contains(words, name+"="):
			return c, usageError("option provided but not defined: " + arg)
		case inline:
			c.flags[name] = value
		case i+1 == len(request.Args):
			return c, usageError("option needs an argument: " + arg)
		default:
			i++
			c.flags[name] = request.Args[i]
		}
	}
	return c, nil
}

func (c call) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

// settings reads the map that relation-set and state-set take.
func (c call) settings() (map[string]string, error) {
	values := map[string]string{}
	switch c.flags["file"] {
	case "":
	case "-":
		if !c.StdinSet {
			return nil, errNoStdin
		}
		if err := yaml.Unmarshal(c.Stdin, values); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("only standard input is read here")
	}
	for _, arg := range c.args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usageError(fmt.Sprintf("expected \"key=value\", got %q", arg))
		}
		values[key] = value
	}
	return values, nil
}

func (r *Response) json(value any) error {
	text, err := json.Marshal(value)
	r.Stdout = append(text, '\n')
	return err
}

// run does what a tool does.
func (a *Agent) run(c call, out *Response) error {
	switch kind, _, _ := strings.Cut(c.CommandName, "-"); kind {
	case "relation":
		return a.relationTool(c, out)
	case "state":
		return a.stateTool(c, out)
	case "action":
		return a.actionTool(c, out)
	case "secret":
		return a.secretTool(c, out)
	}
	switch c.CommandName {
	case "config-get":
		return out.json(a.Config)
	case "is-leader":
		return out.json(a.Leader)
	case "status-set":
		if !slices.Contains([]string{"maintenance", "blocked", "waiting", "active"}, c.arg(0)) {
			return usageError(fmt.Sprintf("invalid status %q", c.arg(0)))
		}
		a.Status = c.arg(0) + " " + c.arg(1)
	case "juju-log":
		a.Log = append(a.Log, c.flags["l"]+" "+strings.Join(c.args, " "))
	case "application-version-set":
		a.Version = c.arg(0)
	case "open-port":
		a.Ports = append(a.Ports, c.arg(0))
	case "close-port":
		a.Ports = slices.DeleteFunc(a.Ports, func(p string) bool { return p == c.arg(0) })
	case "opened-ports":
		return out.json(a.before.ports) // pending ones are not shown
	case "network-get":
		out.Stdout = []byte(`{"bind-addresses":[{"interface-name":"eth0","addresses":[{"value":"10.0.0.1"}]}],` +
			`"egress-subnets":["10.0.0.1/32"],"ingress-addresses":["10.0.0.1"]}`)
	case "goal-state":
		out.Stdout = []byte(a.Goal)
	case "resource-get":
		path, ok := a.Resources[c.arg(0)]
		if !ok {
			return fmt.Errorf("could not download resource: resource %q not found", c.arg(0))
		}
		out.Stdout = []byte(path)
	}
	return nil
}

func (a *Agent) relationTool(c call, out *Response) error {
	if c.CommandName == "relation-ids" {
		ids := []string{}
		for id, r := range a.Relations {
			if endpointOf(id) == c.arg(0) && !r.Broken {
				ids = append(ids, id)
			}
		}
		return out.json(ids)
	}
	id := c.flags["r"]
	r, ok := a.Relations[id]
	if !ok {
		return usageError(fmt.Sprintf("invalid value %q for option -r: relation not found", id))
	}
	app, _, _ := strings.Cut(a.Unit, "/")
	switch c.CommandName {
	case "relation-list":
		if c.flags["app"] != "" {
			return out.json(r.App)
		}
		return out.json(r.Units)
	case "relation-get":
		owner := c.arg(1)
		if !strings.Contains(owner, "/") && c.flags["app"] == "" {
			return usageError(fmt.Sprintf("expected unit name, got application name %q", owner))
		}
		if owner == app && !a.Leader && !a.FollowerOK {
			return errors.New("permission denied")
		}
		return out.json(r.Data[owner])
	}
	owner := a.Unit
	if c.flags["app"] != "" {
		if owner = app; !a.Leader {
			return errors.New("cannot write relation settings")
		}
	}
	values, err := c.settings()
	if r.Data[owner] == nil {
		if r.Data == nil {
			r.Data = map[string]map[string]string{}
		}
		r.Data[owner] = map[string]string{}
	}
	for key, value := range values {
		if r.Data[owner][key] = value; value == "" {
			delete(r.Data[owner], key)
		}
	}
	return err
}

func (a *Agent) stateTool(c call, out *Response) error {
	switch c.CommandName {
	case "state-get":
		if len(c.args) == 0 {
			return out.json(a.State)
		}
		value, ok := a.State[c.arg(0)]
		if !ok && c.flags["strict"] != "" {
			return fmt.Errorf("%q not found", c.arg(0))
		}
		return out.json(value)
	case "state-delete":
		delete(a.State, c.arg(0))
		return nil
	}
	values, err := c.settings()
	for key, value := range values {
		if len(key) > 256 || len(value) > 64<<10 {
			return errors.New("max allowed key or value length exceeded")
		}
		a.State[key] = value
	}
	return err
}

func (a *Agent) actionTool(c call, out *Response) error {
	if !strings.HasPrefix(c.ContextId, a.Unit+"-action ") {
		return errors.New("not running an action")
	}
	switch c.CommandName {
	case "action-get":
		return out.json(a.Params)
	case "action-set":
		for _, arg := range c.args {
			key, value, _ := strings.Cut(arg, "=")
			a.Results[key] = value
		}
	case "action-fail":
		message := c.arg(0)
		a.Failure = &message
	case "action-log":
		a.Progress = append(a.Progress, c.arg(0))
	}
	return nil
}

func (a *Agent) secretTool(c call, out *Response) error {
	if c.CommandName == "secret-add" {
		uri := fmt.Sprintf("secret:%020d", len(a.Secrets)+1)
		a.Secrets[uri] = &Secret{Label: c.flags["label"], Owner: c.flags["owner"], Revision: 1}
		out.Stdout = []byte(uri + "\n")
		return a.Secrets[uri].fill(c.flags["file"])
	}
	uri := c.arg(0)
	for known, s := range a.Secrets {
		if label := c.flags["label"]; label != "" && s.Label == label {
			uri = known
		}
	}
	secret, ok := a.Secrets[uri]
	if !ok {
		return fmt.Errorf("secret %q not found", uri)
	}
	switch c.CommandName {
	case "secret-get":
		return out.json(secret.Content)
	case "secret-info-get":
		return out.json(map[string]any{strings.TrimPrefix(uri, "secret:"): map[string]any{
			"revision": secret.Revision, "label": secret.Label, "owner": secret.Owner}})
	case "secret-set":
		secret.Revision++
		return secret.fill(c.flags["file"])
	case "secret-grant":
		secret.Grants = append(secret.Grants, c.flags["relation"]+" "+c.flags["unit"])
	case "secret-revoke":
		secret.Grants = nil
	case "secret-remove":
		delete(a.Secrets, uri)
	}
	return nil
}

func (s *Secret) fill(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	encoded := map[string]string{}
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	s.Content = map[string]string{}
	for key, value := range encoded {
		plain, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return err
		}
		s.Content[strings.TrimSuffix(key, "#base64")] = string(plain)
	}
	return nil
}

func endpointOf(id string) string {
	endpoint, _, _ := strings.Cut(id, ":")
	return endpoint
}

func cutAction(hook string) (string, bool) { return strings.CutPrefix(hook, "action ") }
