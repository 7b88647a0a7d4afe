package juju

// The unit's status: many may contribute, the worst is shown, once.

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

// Kind is a workload status that a charm may set, worst first.
type Kind int

// From "an operator must act" to "all is well". The zero value contributes
// nothing.
const (
	NoStatus Kind = iota
	Blocked
	Waiting
	Maintenance
	Active
)

// String is the word that Juju knows.
func (k Kind) String() string {
	switch k {
	case Blocked:
		return "blocked"
	case Waiting:
		return "waiting"
	case Maintenance:
		return "maintenance"
	case Active:
		return "active"
	}
	return ""
}

// Status is what an operator sees: what is awaited and what to do about it.
type Status struct {
	Kind    Kind
	Message string // one line; by default, empty
}

// maxStatus bounds a status text: juju status prints it in a table.
const maxStatus = 240

// SetStatus contributes a status. The worst of a hook's contributions is shown,
// of equal ones the first.
func (u *Unit) SetStatus(status Status) {
	u.SetStatusLater(func() Status { return status })
}

// SetStatusLater contributes a status that is made when it is shown, because
// what it tells of may still change in this hook. The zero Status contributes
// nothing. The function may not call this unit.
func (u *Unit) SetStatusLater(status func() Status) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.status = append(u.status, status)
}

// Status gives the status that would be shown now; its Kind is NoStatus when
// nothing has contributed.
func (u *Unit) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	var worst Status
	for _, contributed := range u.status {
		s := contributed()
		if s.Kind != NoStatus && (worst.Kind == NoStatus || s.Kind < worst.Kind) {
			worst = s
		}
	}
	worst.Message = oneLine(worst.Message, maxStatus)
	return worst
}

// CommitStatus shows the status now; a second call does nothing. Juju keeps it
// though the hook may fail, so it serves a failing hook as well. When nothing
// has contributed, the status stays as it is.
func (u *Unit) CommitStatus(ctx context.Context) error {
	status := u.Status()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.statusSet || status.Kind == NoStatus {
		return nil
	}
	_, err := u.call(ctx, "", Call{Tool: "status-set", Args: []string{"--", status.Kind.String(), status.Message}})
	if err != nil {
		return fmt.Errorf("cannot set the status %s: %w", status.Kind, err)
	}
	u.statusSet = true
	return nil
}

// oneLine makes text fit for a table: no line breaks, no control characters, at
// most so many bytes.
func oneLine(text string, most int) string {
	text = strings.ToValidUTF8(text, "�")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}
