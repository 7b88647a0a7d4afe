// Package workers is the Connect cluster that an application owns: its topics in
// Kafka, its workers in Kubernetes, its connectors, and what the leader
// remembers of them. It joins the adapters below helpers, which do not know each
// other, and it is where the rule stands that only the leader may act.
//
// Whatever it does outside Juju is looked at first and done only where the world
// differs, so doing it twice is harmless. Errors it returns are outcomes of
// package reactive (blocked, waiting) wherever an operator or time can mend them.
package workers

import (
	"context"
	"errors"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// ErrNotLeader is what every helper gives that writes or calls Connect's REST API
// while this unit is not the leader: two units would undo each other's work.
var ErrNotLeader = errors.New("cannot do that: only the leader may")

// Options change how a unit reaches the world. The zero value is what a charm needs.
type Options struct {
	// Seam is called around every request to Kafka, Kubernetes and Connect; see
	// the adapters. By default, the seam of the Juju unit.
	Seam func(ctx context.Context, effect string, do func() error) error

	// Getenv reads the process's environment, in which Kubernetes announces
	// itself. By default there is none.
	Getenv func(string) string

	// Budget is how long all waiting for Kafka, Kubernetes and Connect in one
	// hook may take. By default a minute.
	Budget time.Duration

	// Poll is the first pause between two looks at something awaited; each one
	// after it is twice as long, up to two seconds. By default, 50 ms.
	Poll time.Duration
}

// Unit is what a layer works with: this unit as Juju sees it, and the Connect
// cluster its application owns. It lives for one hook.
type Unit struct {
	*juju.Unit
	options      Options
	deadline     time.Time // of all waiting in this hook; set by the first
	memory       *memory
	vault        *vault
	checked      bool // all that was left can be read; see readable
	vaultURI     string
	platform     platform
	client       *connect.Client
	seen         map[string]connect.Expanded // all connectors, as long as nothing was asked of Connect since
	attachedAnew bool                        // this hook has noted what the attached folder came to
	hushed       string                      // what option connectors-secrets names, in JSON; once it was read
	blind        bool                        // that cannot be read: see conceal.go
	together     bool                        // every unit of the application goes; see RemoveWithLast
}

// New gives the unit of this hook. It reads nothing yet.
func New(unit *juju.Unit, options Options) *Unit {
	if options.Seam == nil {
		options.Seam = unit.Seam()
	}
	if options.Budget == 0 {
		options.Budget = time.Minute
	}
	if options.Poll == 0 {
		options.Poll = 50 * time.Millisecond
	}
	if options.Getenv == nil {
		options.Getenv = func(string) string { return "" }
	}
	return &Unit{Unit: unit, options: options}
}

// mustLead asks Juju anew: an answer is good for 30 seconds only. The adapters
// ask it before every single request that writes. Once every unit goes it lets any of them act: all there is left to do is to delete, which
// two can do at once.
func (u *Unit) mustLead(ctx context.Context) error {
	if u.together {
		return nil
	}
	leads, err := u.IsLeader(ctx)
	if err != nil {
		return err
	}
	if !leads {
		return ErrNotLeader
	}
	return u.readable(ctx)
}

// remaining says how much of the hook's budget is left; the first call starts it.
func (u *Unit) remaining() time.Duration {
	if u.deadline.IsZero() {
		u.deadline = time.Now().Add(u.options.Budget)
	}
	return max(time.Until(u.deadline), 0)
}

// attemptLimit bounds what is done outside on one answer about leadership, which
// is good for 30 seconds.
const attemptLimit = 20 * time.Second

// attempt bounds one attempt: by the limit, and by what is left of the hook's budget.
func (u *Unit) attempt(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, min(attemptLimit, u.remaining()))
}
