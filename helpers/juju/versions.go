package juju

// Where Juju 2.9, 3 and 4 differ, and where only the text of an error tells two
// failures apart. Nothing else in this module looks at Juju's version.

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrPermission is given for data that this unit may not read: in Juju 3.6 a
// follower that asks for its own application's data, and anybody who asks about
// a relation that is gone. Juju gives both the same text.
var ErrPermission = errors.New("permission denied by Juju")

// ErrNotFound is given for a relation, a secret or a resource that Juju does
// not know.
var ErrNotFound = errors.New("not found by Juju")

// ErrUnsupported is given for something this version of Juju cannot do.
var ErrUnsupported = errors.New("not supported by this version of Juju")

// Is matches ErrPermission and ErrNotFound by the tool's text, as that is all
// Juju gives.
func (e *ToolError) Is(target error) bool {
	switch target {
	case ErrPermission:
		return strings.Contains(e.Stderr, "permission denied")
	case ErrNotFound:
		return strings.Contains(e.Stderr, "not found")
	}
	return false
}

// repeatable reports whether a tool may be called again when its answer was
// lost. A log line written twice is better than a lost one; a secret is not.
func repeatable(tool string) bool {
	return !slices.Contains([]string{"secret-add", "storage-add", "juju-reboot"}, tool)
}

// unbounded reports whether a tool may take as long as it likes: this one
// downloads a file.
func unbounded(tool string) bool { return tool == "resource-get" }

// needSecrets gives an error that says what cannot be done before Juju 3.
func needSecrets(version, what string) error {
	if major := majorOf(version); major != 0 && major < 3 {
		return fmt.Errorf("cannot %s: Juju %s has no secrets (Juju 3 has): %w", what, version, ErrUnsupported)
	}
	return nil
}

// majorOf gives 3 for "3.6.11" and 0 for what is not a version.
func majorOf(version string) int {
	text, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return major
}
