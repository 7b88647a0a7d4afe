package kube

// The errors a charm can act on, each with a sentence for its operator.

import "errors"

// What went wrong, for errors.Is. The text of the error that wraps one of these
// is a whole sentence that starts with "cannot" and holds no secret.
var (
	// ErrKubeconfig: the credentials given cannot be used as they are.
	ErrKubeconfig = errors.New("kubeconfig cannot be used")
	// ErrForeign: an object of our name exists that is not ours.
	ErrForeign = errors.New("object belongs to somebody else")
	// ErrConflict: another field manager holds a field, or the object changed under our hands.
	ErrConflict = errors.New("object is managed by somebody else as well")
	// ErrUnauthorized: the API server does not know these credentials.
	ErrUnauthorized = errors.New("credentials are not accepted")
	// ErrForbidden: the account may not do this; see docs/reference/rbac.md.
	ErrForbidden = errors.New("not allowed")
	// ErrNoNamespace: the namespace does not exist and cannot be created.
	ErrNoNamespace = errors.New("namespace does not exist")
	// ErrInvalid: the API server refuses the manifest, or Workers makes no sense.
	ErrInvalid = errors.New("manifest is refused")
	// ErrUnreachable: no connection, a certificate that is not trusted, or a server that cannot serve now.
	ErrUnreachable = errors.New("kubernetes cannot be reached")
	// ErrTimeout: no answer in time. Whether a write was done is not known.
	ErrTimeout = errors.New("kubernetes did not answer in time")
)

// Error is one of the errors above with its sentence.
type Error struct {
	Kind    error  // one of this package's Err values, or the context's error
	Message string // starts with "cannot"
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the kind, for errors.Is.
func (e *Error) Unwrap() error { return e.Kind }
