package kubetest

// What was asked, by whom, and what came of it; and answers made to fail.

import (
	"slices"
	"time"
)

// Call is one request as the server understood it.
type Call struct {
	// User who asked.
	User string
	// Verb as RBAC says it: get, list, watch, create, update, patch, delete.
	Verb string
	// Group, Resource and Subresource ("proxy") it was about; Namespace and
	// Name where there is one.
	Group, Resource, Subresource, Namespace, Name string
	// Manager of the fields, of a write.
	Manager string
	// Force is true for an apply that takes fields from others.
	Force bool
	// Code is the HTTP status of the answer; 0 when there was none.
	Code int
	// Created and Changed say what the call did to the object.
	Created, Changed bool
}

// Calls returns every call so far, in the order they ended.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Writes returns the calls that changed something.
func (s *Server) Writes() []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return !c.Changed })
}

// ForgetCalls empties the journal.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

func (s *Server) journal(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

// Fault makes matching requests fail. Empty fields of the first group match
// everything.
type Fault struct {
	Verb, Resource, Name string

	// Delay before anything else happens.
	Delay time.Duration
	// Code, when not 0, is answered instead of an answer, with Reason and Message.
	Code            int
	Reason, Message string
	// Drop closes the connection without an answer.
	Drop bool
	// Late lets the request have its effect before Code or Drop.
	Late bool
	// Times it happens. By default, until it is removed.
	Times int

	happened int
}

// Fail adds a fault and returns how to remove it. Of several that match, the
// first added happens.
func (s *Server) Fail(f Fault) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &f
	s.faults = append(s.faults, added)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(g *Fault) bool { return g == added })
	}
}

func (s *Server) fault(c Call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times > 0 && f.happened >= f.Times ||
			f.Verb != "" && f.Verb != c.Verb ||
			f.Resource != "" && f.Resource != c.Resource ||
			f.Name != "" && f.Name != c.Name {
			continue
		}
		f.happened++
		return f
	}
	return nil
}
