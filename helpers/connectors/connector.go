// Package connectors makes Kafka Connect clusters run the connectors that the
// files of a Git folder describe: the files are evaluated to wanted
// connectors, these are compared with what a cluster runs, and only real
// differences are written. The command connectors and the charm both use it.
//
//	folder ── Load ──▶ []Connector ─┐
//	                                ├─ NewPlan ──▶ *Plan ── Apply ──▶ *Report
//	cluster ─ Observe ▶ Live ───────┘
package connectors

import "fmt"

// Keys in a connector's configuration that are this package's own. Connect
// accepts and keeps keys that it does not know.
const (
	// OwnerKey names who keeps a connector: "<owner>/<environment>". It is
	// written to the cluster, so that pruning can tell what it may delete.
	OwnerKey = "connectors.owner"
	// StateKey is where a file asks for a state other than running. It is
	// never written to the cluster.
	StateKey = "connectors.state"
)

// A State is what a connector should be doing.
type State string

// The states a file can ask for, as values of [StateKey].
const (
	Running State = "running"
	Paused  State = "paused"
	Stopped State = "stopped"
)

// A Connector is one connector as a file wants it.
type Connector struct {
	// Name is its name in Connect.
	Name string
	// Config is its configuration as Connect would give it back: every value
	// a string. "name", [OwnerKey] and [StateKey] are not in it.
	Config map[string]string
	// State is what it should be doing, never empty.
	State State
	// Source says which file wants it.
	Source Source

	secrets []string // of the variables that its file could use
}

// A Source is the place in a folder that a connector came from.
type Source struct {
	// File is the file's path, relative to the folder that holds
	// connectors/, with slashes.
	File string
	// Key is the connector's key or index in a file that gives several
	// connectors, and empty where a file gives one.
	Key string
}

// String gives the source as messages name it: "connectors/prod/s3.jsonnet",
// or `connectors/prod/all.jsonnet, "orders"`.
func (s Source) String() string {
	if s.Key == "" {
		return s.File
	}
	return fmt.Sprintf("%s, %q", s.File, s.Key)
}

// A Policy says what may be done to a cluster's connectors. Its zero value
// creates and updates, and never deletes.
type Policy struct {
	// Owner is the value of [OwnerKey] that is written: "<owner>/<environment>".
	// By default, no owner is written, and nothing can be pruned.
	Owner string
	// Prune deletes connectors that carry Owner and that no file wants.
	Prune bool
	// MaxDelete is the share of the connectors carrying Owner, above 0 and up
	// to 1, that one apply may delete; more is refused. By default, 0.2, and
	// one connector may always be deleted.
	MaxDelete float64
	// Adopt writes Owner to connectors that equal their file and carry no
	// owner. By default, they are left alone.
	Adopt bool
	// TakeOver allows writing to connectors that carry another owner. By
	// default, each is a conflict.
	TakeOver bool
	// WithoutOwner names connector classes that refuse keys they do not know:
	// no owner is written to theirs, and they are never pruned.
	WithoutOwner []string
	// IgnoreKeys are patterns, as in path.Match, of configuration keys whose
	// differences are not differences.
	IgnoreKeys []string
	// AllowPasswords accepts literal passwords in files. By default, a value
	// of a key that names a secret must be a reference such as ${env:NAME}.
	AllowPasswords bool
	// MaxUnavailable is how many changed connectors may be restarting at
	// once. By default, there is no limit besides that of the requests in
	// flight.
	MaxUnavailable int
}
