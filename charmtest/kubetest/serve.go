package kubetest

// From an HTTP request to a call and back.

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// An exchange is one request being answered.
type exchange struct {
	*http.Request
	w    http.ResponseWriter
	kind *kind
	rest string // of the path, below a proxy
	Call
}

func (x *exchange) key() key {
	return key{x.kind, types.NamespacedName{Namespace: x.Namespace, Name: x.Name}}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/readyz" || r.URL.Path == "/livez" || r.URL.Path == "/healthz" {
		fmt.Fprint(w, "ok")
		return
	}
	x := &exchange{Request: r, w: w}
	u := s.authenticate(r)
	if u == nil {
		x.fail(apierrors.NewUnauthorized("Unauthorized"))
		return
	}
	x.User = u.name
	if !s.parse(x) {
		x.fail(&apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
			Message: "the server could not find the requested resource", Details: &metav1.StatusDetails{},
		}})
		return
	}
	s.withFault(x, func(x *exchange) { s.answer(x, u) })
}

// withFault lets a fault happen around an answer, and writes the journal.
func (s *Server) withFault(x *exchange, answer func(*exchange)) {
	recorder := &codeWriter{ResponseWriter: x.w}
	x.w = recorder
	defer func() {
		x.Code = recorder.code
		s.journal(x.Call)
	}()
	f := s.fault(x.Call)
	if f == nil {
		answer(x)
		return
	}
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-x.Context().Done():
			return
		}
	}
	if f.Code == 0 && !f.Drop {
		answer(x)
		return
	}
	if f.Late {
		x.w = httptest.NewRecorder() // the effect happens, the answer is lost
		answer(x)
		x.w = recorder
	}
	if f.Drop {
		panic(http.ErrAbortHandler)
	}
	x.fail(&apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: int32(f.Code), Reason: metav1.StatusReason(f.Reason), Message: f.Message}})
}

func (s *Server) answer(x *exchange, u *user) {
	if err := authorize(u, x.Call); err != nil {
		x.fail(err)
		return
	}
	err := s.dispatch(x, u)
	if err != nil {
		x.fail(err)
	}
}

func (s *Server) dispatch(x *exchange, u *user) error {
	if x.Subresource != "" {
		return s.proxy(x)
	}
	switch x.Verb {
	case "get":
		return s.handleGet(x)
	case "list":
		return s.handleList(x)
	case "watch":
		return s.handleWatch(x)
	case "create":
		return s.handleCreate(x)
	case "update":
		return s.handleUpdate(x)
	case "patch":
		return s.handlePatch(x, u)
	case "delete":
		return s.handleDelete(x)
	}
	return apierrors.NewMethodNotSupported(x.kind.groupResource(), x.Verb)
}

// parse reads the path as the API server does:
// /api/v1/namespaces/NS/RESOURCE/NAME/SUBRESOURCE/…
func (s *Server) parse(x *exchange) bool {
	parts := strings.Split(strings.Trim(x.URL.Path, "/"), "/")
	var gv schema.GroupVersion
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		gv.Version, parts = parts[1], parts[2:]
	case len(parts) >= 4 && parts[0] == "apis":
		gv.Group, gv.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return false
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		x.Namespace, parts = parts[1], parts[2:]
	}
	k := s.kinds[parts[0]]
	if k == nil || k.GroupVersion() != gv {
		return false
	}
	x.kind, x.Group, x.Resource = k, k.Group, k.resource
	if len(parts) > 1 {
		x.Name = parts[1]
	}
	if len(parts) > 2 {
		x.Subresource, x.rest = parts[2], "/"+strings.Join(parts[3:], "/")
		if x.Subresource != "proxy" || x.Resource != "services" {
			return false
		}
	}
	x.Verb = verb(x)
	return true
}

func verb(x *exchange) string {
	switch x.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		return "delete"
	case http.MethodGet, http.MethodHead:
		if x.Name != "" {
			return "get"
		}
		if w := x.URL.Query().Get("watch"); w == "true" || w == "1" {
			return "watch"
		}
		return "list"
	}
	return strings.ToLower(x.Method)
}

// authenticate knows bearer tokens, and lets the admin speak for others, who
// then may do nothing they were not given.
func (s *Server) authenticate(r *http.Request) *user {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[strings.TrimSpace(token)]
	other := r.Header.Get("Impersonate-User")
	if u == nil || !u.admin || other == "" {
		return u
	}
	if known := s.users[other+"-token"]; known != nil {
		return known
	}
	return &user{name: other}
}

func authorize(u *user, c Call) error {
	resource := c.Resource
	if c.Subresource != "" {
		resource += "/" + c.Subresource
	}
	if u.admin || slices.ContainsFunc(u.rules, func(r rbacv1.PolicyRule) bool { return allows(r, c, resource) }) {
		return nil
	}
	where, namespace := ` at the cluster scope`, c.Namespace
	if c.Resource == "namespaces" {
		namespace = c.Name // one namespace is in itself
	}
	if namespace != "" {
		where = fmt.Sprintf(` in the namespace "%s"`, namespace)
	}
	return apierrors.NewForbidden(schema.GroupResource{Group: c.Group, Resource: c.Resource}, c.Name,
		//lint:ignore ST1005 in the API server's words
		fmt.Errorf(`User "%s" cannot %s resource "%s" in API group "%s"%s`, u.name, c.Verb, resource, c.Group, where))
}

func allows(r rbacv1.PolicyRule, c Call, resource string) bool {
	in := func(list []string, value string) bool {
		return slices.Contains(list, value) || slices.Contains(list, "*")
	}
	return in(r.Verbs, c.Verb) && in(r.APIGroups, c.Group) && in(r.Resources, resource) &&
		(len(r.ResourceNames) == 0 || c.Name != "" && c.Verb != "create" && slices.Contains(r.ResourceNames, c.Name) ||
			c.Subresource != "" && slices.Contains(r.ResourceNames, c.Name))
}

// fail answers with a Status, as the API server words it.
func (x *exchange) fail(err error) {
	status := metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Message: err.Error()}
	var api apierrors.APIStatus
	if errors.As(err, &api) {
		status = api.Status()
	}
	status.Kind, status.APIVersion = "Status", "v1"
	x.reply(int(status.Code), status)
}

func (x *exchange) reply(code int, body any) {
	content, err := json.Marshal(body)
	if err != nil {
		code, content = http.StatusInternalServerError, []byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","code":500}`)
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(code)
	_, _ = x.w.Write(append(content, '\n')) // a client that is gone is no concern of the server
}

// codeWriter remembers the status for the journal.
type codeWriter struct {
	http.ResponseWriter
	code int
}

func (w *codeWriter) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController flush.
func (w *codeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
