// Changes: the inputs a rule can wait for, each rule by its own memory of what it saw.

package flags

// ChangeKind is the input whose version a [Change] follows.
type ChangeKind uint8

// The inputs that have versions.
const (
	ChangeConfig   ChangeKind = iota + 1 // the options, or the one named by Key
	ChangeEndpoint                       // what the remote side of Subject has written, or its Key
	ChangeDeparted                       // how many remote units have left the endpoint Subject
	ChangeUpgrade                        // the charm's version
)

// NeverRan says what a change means to a rule that has never run, and so has no version to compare with.
type NeverRan uint8

// What a change can mean to a rule that has never run.
const (
	// Holds: there is something to act on in any case, as with options.
	Holds NeverRan = iota + 1
	// HoldsIfAny: it holds if the input has a version, that is, if there is anything to act on.
	HoldsIfAny
	// BecomesSeen: it does not hold, and the first version to come by is taken for seen, although the rule
	// has not run. Without that, a rule that waits for nothing else would never run.
	BecomesSeen
)

// Change says that an input is not what it was when this rule last ran. It is a condition like a flag, but
// each rule has its own: it lasts until this rule has run and succeeded, whatever other rules do, and comes again when
// the hook fails. Nobody can set or clear it. The zero Change is not valid, and neither is one made for an
// empty option, endpoint or key. Changes are comparable.
type Change struct {
	name    string
	subject string
	key     string
	kind    ChangeKind
}

// ConfigChanged holds while any option is not what it was when the rule last ran: config.changed.
// It holds for a rule that has never run.
var ConfigChanged = Change{name: "config.changed", kind: ChangeConfig}

// ConfigOptionChanged holds while that option is not what it was when the rule last ran:
// config.changed.OPTION. It holds for a rule that has never run.
func ConfigOptionChanged(option string) Change {
	if option == "" {
		return Change{}
	}
	return Change{name: "config.changed." + option, key: option, kind: ChangeConfig}
}

// UpgradeCharm holds while the charm's version is not the one with which the rule last ran: upgrade.charm.
// For a rule that has never run it does not hold, and the version that its first hook sees counts as seen: a
// rule added by an upgrade is not woken by that same upgrade.
var UpgradeCharm = Change{name: "upgrade.charm", kind: ChangeUpgrade}

// Name is the change's name, such as "config.changed.workers". The input's version is known by the same name.
func (c Change) Name() string { return c.name }

// String is the change's name.
func (c Change) String() string { return c.name }

// Kind says which input the change follows; 0 for a change that is not valid.
func (c Change) Kind() ChangeKind { return c.kind }

// Subject is the endpoint the change is about; empty for options and for the charm's version.
func (c Change) Subject() string { return c.subject }

// Key is the option or the relation key the change is about; empty when it is about all of them.
func (c Change) Key() string { return c.key }

// NeverRan says what the change means to a rule that has never run.
func (c Change) NeverRan() NeverRan {
	switch c.kind {
	case ChangeConfig:
		return Holds
	case ChangeUpgrade:
		return BecomesSeen
	default:
		return HoldsIfAny
	}
}

func (Change) term() {}
