package juju

// The end of a hook that went well.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Commit writes what the hook changed and what differs from what is there:
// state, relation data, ports, then the workload version and the status. Juju
// takes all but the last two as one transaction, when the process ends with
// exit code 0; so a hook whose Commit failed must not end with 0. A second
// Commit writes only what was changed after the first.
func (u *Unit) Commit(ctx context.Context) error {
	if err := u.commitData(ctx); err != nil {
		return err
	}
	return u.CommitStatus(ctx)
}

func (u *Unit) commitData(ctx context.Context) error {
	u.mu.Lock()
	changed := slices.SortedFunc(maps.Values(u.byID), byNumber)
	u.mu.Unlock()
	var mistakes []error
	for _, r := range changed {
		mistakes = append(mistakes, r.mistakes()...)
	}
	if err := errors.Join(mistakes...); err != nil {
		return err
	}
	for _, r := range changed {
		if err := r.commit(ctx); err != nil {
			return err
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.commitState(ctx); err != nil {
		return err
	}
	if err := u.commitPorts(ctx); err != nil {
		return err
	}
	return u.commitVersion(ctx)
}

func (u *Unit) commitVersion(ctx context.Context) error {
	if u.version == "" {
		return nil
	}
	_, err := u.call(ctx, "", Call{Tool: "application-version-set", Args: []string{"--", u.version}})
	if err != nil {
		return fmt.Errorf("cannot set the workload version: %w", err)
	}
	u.version = ""
	return nil
}
