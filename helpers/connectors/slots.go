package connectors

// The places of connectors that may be unavailable at once.

import (
	"context"
	"errors"
	"sync"
)

// errStalled is why a connector is not touched.
var errStalled = errors.New("as many changed connectors as may be unavailable at once have failed")

// slots are places, which what fails never gives back. Nil takes none back.
type slots struct {
	free    chan struct{}
	mu      sync.Mutex
	lost    int
	stalled chan struct{}
}

func newSlots(n int) *slots {
	return &slots{free: make(chan struct{}, n), stalled: make(chan struct{})}
}

// take waits for a place.
func (s *slots) take(ctx context.Context) error {
	select { // first, as a select chooses at random
	case <-s.stalled:
		return errStalled
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
	}
	select {
	case s.free <- struct{}{}:
		return nil
	case <-s.stalled:
		return errStalled
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives a place back where all ended well.
func (s *slots) leave(result Result) {
	switch {
	case s == nil:
		return
	case result == Done:
		<-s.free
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost++; s.lost == cap(s.free) {
		close(s.stalled)
	}
}
