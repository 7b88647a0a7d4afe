package juju

// Leadership: the one thing that is never cached while it is good news.

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrNotLeader is given for what only the application's leader may do.
var ErrNotLeader = errors.New("this unit is not the leader")

type leadership struct{ lost atomic.Bool }

// IsLeader asks Juju, at each call. A true holds for 30 seconds from the call
// (Juju's leadership guarantee), so what must not be done by two units is begun
// within that time or asked about again. A false holds until the hook ends, as
// it does in Juju, and is not asked again.
func (u *Unit) IsLeader(ctx context.Context) (bool, error) {
	if u.leader.lost.Load() {
		return false, nil
	}
	leads := false
	if err := u.read(ctx, "", &leads, "is-leader"); err != nil {
		return false, fmt.Errorf("cannot find out who leads: %w", err)
	}
	if !leads {
		u.leader.lost.Store(true)
	}
	return leads, nil
}
