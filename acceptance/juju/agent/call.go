package agent

// The API as an agent's connection sees it: requests come as Juju's own clients
// make them, and take the way through JSON that they take on the wire.

import (
	"context"
	"encoding/json"

	"github.com/juju/names/v5"
	"gopkg.in/httprequest.v1"

	"github.com/juju/juju/api/base"
	"github.com/juju/juju/rpc/params"
)

// Call asks the controller, in the words and the JSON of Juju's API. An error
// that Juju's clients act on has an ErrorCode.
type Call func(facade, id, request string, args []byte) ([]byte, error)

// Facade is not Juju's: what an agent has from elsewhere than the API, or tells
// nobody, is asked and told here.
const Facade = "Agent"

// The requests of [Facade].
const (
	Leads      = "Leads"      // does the unit lead? gives a bool
	AwaitLeads = "AwaitLeads" // returns when it does, or, with false, when it does not
	Ran        = "Ran"        // a hook has run: "ok start", "FAIL start"
	Archive    = "Archive"    // gives the path of the charm's file
	Files      = "Files"      // gives the URL below which files are sent and fetched
	Ticks      = "Ticks"      // gives how often update-status has come due
	AwaitTicks = "AwaitTicks" // returns that number once it is greater than the one given
)

// ModelUUID is that of the one model there is.
const ModelUUID = "deadbeef-0bad-400d-8000-4b1d0d06f00d"

func (c Call) ask(request string, args, response any) error {
	in, err := json.Marshal(args)
	if err != nil {
		return err
	}
	out, err := c(Facade, "", request, in)
	if err != nil || response == nil {
		return err
	}
	return json.Unmarshal(out, response)
}

// connection is what Juju's clients sit on.
type connection struct {
	base.APICaller // nil: the rest of the interface is never called
	call           Call
}

// BestFacadeVersion gives the versions of Juju 3.6.
func (c *connection) BestFacadeVersion(facade string) int {
	switch facade {
	case "Uniter":
		return 20
	case "SecretsManager":
		return 2
	}
	return 1
}

func (c *connection) ModelTag() (names.ModelTag, bool)             { return names.NewModelTag(ModelUUID), true }
func (c *connection) RootHTTPClient() (*httprequest.Client, error) { return &httprequest.Client{}, nil }
func (c *connection) Context() context.Context                     { return context.Background() }

// HTTPClient is for files, such as resources.
func (c *connection) HTTPClient() (*httprequest.Client, error) {
	var url string
	if err := c.call.ask(Files, nil, &url); err != nil {
		return nil, err
	}
	return HTTPClient(url), nil
}

// HTTPClient reads errors as the controller writes them there.
func HTTPClient(url string) *httprequest.Client {
	return &httprequest.Client{BaseURL: url, UnmarshalError: httprequest.ErrorUnmarshaler(&params.Error{})}
}

// APICall asks for Juju's clients.
func (c *connection) APICall(facade string, _ int, id, request string, args, response any) error {
	in, err := json.Marshal(args)
	if err != nil {
		return err
	}
	out, err := c.call(facade, id, request, in)
	if err != nil || response == nil || len(out) == 0 {
		return err
	}
	return json.Unmarshal(out, response)
}
