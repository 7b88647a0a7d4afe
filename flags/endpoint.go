// Endpoints: the facts and changes of one relation endpoint, declared together.

package flags

// EndpointFlags are the facts and changes of one endpoint of metadata.yaml.
type EndpointFlags struct {
	// Name is the endpoint's name, as in metadata.yaml.
	Name string

	// Joined holds when at least one remote unit is present: endpoint.NAME.joined.
	Joined Fact
	// Available holds when every key the charm needs has come: endpoint.NAME.available. Where several layers
	// declare one endpoint, the charm needs the keys of all of them.
	Available Fact
	// Changed holds while what the remote side has written is not what it was when the rule last ran:
	// endpoint.NAME.changed. A removed key is a change. For a rule that has never run it holds if
	// there is anything.
	Changed Change
	// Departed holds while a remote unit has left since the rule last ran: endpoint.NAME.departed. For a
	// rule that has never run it holds if any has ever left.
	Departed Change
}

// Endpoint declares a relation endpoint and the keys the charm needs from its remote side: Available holds when one
// remote unit, or the remote application, has written all of them. By default, with no keys, it is available when
// a remote unit is present.
func Endpoint(name string, keys ...string) EndpointFlags {
	available := newFact(FactAvailable, "endpoint.", name, ".available")
	if name != "" {
		available.needs = joinKeys(keys)
	}
	return EndpointFlags{
		Name:      name,
		Joined:    newFact(FactJoined, "endpoint.", name, ".joined"),
		Available: available,
		Changed:   endpointChange(ChangeEndpoint, name, ".changed"),
		Departed:  endpointChange(ChangeDeparted, name, ".departed"),
	}
}

// KeyChanged holds while that key of what the remote side has written is not what it was when the rule last ran:
// endpoint.NAME.changed.KEY. A removed key is a change. For a rule that has never run it holds if the key is there.
func (e EndpointFlags) KeyChanged(key string) Change {
	if e.Name == "" || key == "" {
		return Change{}
	}
	c := endpointChange(ChangeEndpoint, e.Name, ".changed."+key)
	c.key = key
	return c
}

func endpointChange(kind ChangeKind, endpoint, after string) Change {
	if endpoint == "" {
		return Change{}
	}
	return Change{name: "endpoint." + endpoint + after, subject: endpoint, kind: kind}
}
