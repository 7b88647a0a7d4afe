package kube

// What a failed request means to a charm and its operator.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// classify turns an error of client-go into one of this package's. NotFound of
// an object stays as it is, for the callers to whom it is an answer.
func (c *Client) classify(ctx context.Context, err error, t target) error {
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return c.classifyStatus(err, status.Status(), t)
	}
	return c.classifyTransport(ctx, err, t)
}

func (c *Client) classifyStatus(err error, s metav1.Status, t target) error {
	switch {
	case apierrors.IsUnauthorized(err):
		return t.errorf(ErrUnauthorized, "the Kubernetes API at %s does not accept the credentials: give new ones", c.host)
	case apierrors.IsForbidden(err):
		return forbidden(s, t)
	case apierrors.IsNotFound(err) && s.Details != nil && s.Details.Kind == namespaces.resource:
		return t.errorf(ErrNoNamespace, "the namespace %q does not exist", s.Details.Name)
	case apierrors.IsNotFound(err), apierrors.IsAlreadyExists(err):
		return err
	case apierrors.IsConflict(err), otherObject(s):
		return conflict(s, t)
	case apierrors.IsTimeout(err):
		return t.errorf(ErrTimeout, "the Kubernetes API at %s gave up on it", c.host)
	case s.Code == 429 || s.Code >= 500:
		why := fmt.Sprintf("%d %s", s.Code, s.Reason)
		if t.kind != secrets && s.Message != "" {
			why += ": " + s.Message
		}
		return t.errorf(ErrUnreachable, "the Kubernetes API at %s cannot serve it now (%s)", c.host, why)
	}
	if t.kind == secrets { // the API server's words may quote what is in it
		return t.errorf(ErrInvalid, "the Kubernetes API refuses it: %s", causes(s))
	}
	return t.errorf(ErrInvalid, "the Kubernetes API refuses it: %s", s.Message)
}

// otherObject tells that an apply meant an object that has been made anew since:
// a uid that is not the live one's counts as an invalid change of it.
func otherObject(s metav1.Status) bool {
	return s.Reason == metav1.StatusReasonInvalid && s.Details != nil &&
		slices.ContainsFunc(s.Details.Causes, func(c metav1.StatusCause) bool { return c.Field == "metadata.uid" })
}

// causes names the fields at fault without their values.
func causes(s metav1.Status) string {
	if s.Details == nil || len(s.Details.Causes) == 0 {
		return string(s.Reason)
	}
	var fields []string
	for _, cause := range s.Details.Causes {
		fields = append(fields, fmt.Sprintf("%s (%s)", cause.Field, cause.Type))
	}
	return strings.Join(fields, ", ")
}

// denied is how RBAC says no; an admission plugin that says no (quota, pod
// security) uses the same status with other words.
var denied = regexp.MustCompile(`cannot (\w+) resource "([^"]+)"`)

func forbidden(s metav1.Status, t target) error {
	words := denied.FindStringSubmatch(s.Message)
	if words == nil {
		return t.errorf(ErrForbidden, "the cluster does not allow it: %s", s.Message)
	}
	where := "in namespace " + t.namespace
	if t.namespace == "" {
		where = "in the cluster"
	}
	return t.errorf(ErrForbidden, "the charm's account cannot %s %s %s: grant it the Role in docs/reference/rbac.md",
		words[1], words[2], where)
}

// manager is how a field manager conflict names the other side.
var manager = regexp.MustCompile(`conflict with "([^"]*)"`)

func conflict(s metav1.Status, t target) error {
	var who, what []string
	if s.Details != nil {
		for _, cause := range s.Details.Causes {
			if cause.Type != metav1.CauseTypeFieldManagerConflict {
				continue
			}
			what = append(what, cause.Field)
			if m := manager.FindStringSubmatch(cause.Message); m != nil && !slices.Contains(who, m[1]) {
				who = append(who, m[1])
			}
		}
	}
	if len(who) == 0 {
		return t.errorf(ErrConflict, "it changed at the same time: the next attempt sees it as it is now")
	}
	return t.errorf(ErrConflict, "%s has set %s to something else: set it back as it was, or delete the %s; it is never taken by force",
		strings.Join(who, ", "), strings.Join(what, ", "), t.kind.name)
}

func (c *Client) classifyTransport(ctx context.Context, err error, t target) error {
	var untrusted x509.UnknownAuthorityError
	var name x509.HostnameError
	var expired x509.CertificateInvalidError
	var u *url.Error
	switch {
	case ctx.Err() != nil:
		return t.errorf(ctx.Err(), "%v", ctx.Err())
	case errors.Is(err, context.DeadlineExceeded):
		return t.errorf(ErrTimeout, "the Kubernetes API at %s did not answer within %s", c.host, c.timeout)
	case errors.As(err, &untrusted), errors.As(err, &name), errors.As(err, &expired):
		return t.errorf(ErrUnreachable, "the certificate of the Kubernetes API at %s is not trusted: look at certificate-authority-data", c.host)
	case errors.As(err, &u):
		return t.errorf(ErrUnreachable, "the Kubernetes API at %s cannot be reached: %v", c.host, u.Err)
	}
	return t.errorf(ErrUnreachable, "the Kubernetes API at %s cannot be reached: %v", c.host, err)
}

// errorf starts every sentence alike: cannot <verb> <object>: …
func (t target) errorf(kind error, format string, a ...any) error {
	verb := t.verb
	if verb == "patch" {
		verb = "apply"
	}
	return &Error{kind, fmt.Sprintf("cannot %s %s: ", verb, t) + fmt.Sprintf(format, a...)}
}
