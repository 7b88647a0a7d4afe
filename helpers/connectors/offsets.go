package connectors

// Offsets can only be changed while a connector is stopped: stop, change, and what comes after.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// startAgain bounds the way back after a change of offsets.
const startAgain = 20 * time.Second

// ChangeOffsets stops a connector, waits until its tasks have ended, changes
// its offsets, and lets it run, pauses it or leaves it stopped as it was
// before, also when the change fails. Needs workers of Kafka 3.6.
//
//	_, err := ChangeOffsets(ctx, client, "orders", func() (*connect.Response, error) {
//		return client.ResetOffsets(ctx, "orders")
//	})
func ChangeOffsets(ctx context.Context, client *connect.Client, name string, change func() (*connect.Response, error)) (*connect.Response, error) {
	before, err := stopAndWait(ctx, client, name)
	if err != nil {
		return nil, err
	}
	resp, err := change()
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), startAgain)
	defer cancel()
	if back := startAs(after, client, name, before); back != nil {
		err = errors.Join(err, fmt.Errorf("cannot start connector %q again, which was stopped to change its offsets: %w", name, back))
	}
	return resp, err
}

// startAs brings a stopped connector back to its state of before, and waits
// until that begins to show: for a moment Connect still says that it is
// stopped, and who looked then would think that somebody had stopped it.
func startAs(ctx context.Context, client *connect.Client, name, before string) (err error) {
	switch before {
	case connect.Stopped:
		return nil
	case connect.Paused:
		_, err = client.Pause(ctx, name)
	default:
		_, err = client.Resume(ctx, name)
	}
	if err != nil {
		return err
	}
	return awaitStatus(ctx, client, name, func(s connect.Status) bool { return s.Connector.State != connect.Stopped })
}

// DeleteAndReset deletes a connector and forgets how far it had come, so that
// one of the same name begins anew. When the offsets cannot be forgotten it is
// left stopped, and not deleted.
func DeleteAndReset(ctx context.Context, client *connect.Client, name string) error {
	if _, err := stopAndWait(ctx, client, name); err != nil {
		return err
	}
	if _, err := client.ResetOffsets(ctx, name); err != nil {
		return fmt.Errorf("cannot reset the offsets of connector %q, which is stopped now and not deleted: %w", name, err)
	}
	_, err := client.Delete(ctx, name)
	return err
}

// stopAndWait gives the state from before.
func stopAndWait(ctx context.Context, client *connect.Client, name string) (before string, err error) {
	status, err := connect.As[connect.Status](client.Status(ctx, name))
	if err != nil {
		return "", err
	}
	before = status.Connector.State
	if before != connect.Stopped {
		if _, err := client.Stop(ctx, name); err != nil {
			return before, err
		}
	}
	return before, awaitStatus(ctx, client, name, func(s connect.Status) bool {
		return s.Connector.State == connect.Stopped && len(s.Tasks) == 0
	})
}

// awaitStatus asks for a connector's status until it is as wanted.
func awaitStatus(ctx context.Context, client *connect.Client, name string, wanted func(connect.Status) bool) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		status, err := connect.As[connect.Status](client.Status(ctx, name))
		if err != nil || wanted(status) {
			return err
		}
		if !sleep(ctx, jittered(pause)) {
			return fmt.Errorf("connector %q still is %s: %w", name, status.Connector.State, context.Cause(ctx))
		}
	}
}
