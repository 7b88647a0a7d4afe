package connecttest

// The REST server of a worker: from a request to an operation and back, with the faults a test asked for in between.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// An answer is what an operation gives.
type answer struct {
	status   int
	body     any // nil for none
	location string
}

// A restError is a refusal in Connect's form.
type restError struct {
	code    int
	message string
}

func (e *restError) Error() string { return e.message }

func refuse(code int, format string, a ...any) error {
	return &restError{code, fmt.Sprintf(format, a...)}
}

var errNotFound = refuse(404, "HTTP 404 Not Found")

// A call is a request on its way through a worker.
type call struct {
	*Cluster
	worker  *Worker
	request *http.Request
	parts   []string // of the path, decoded
	body    []byte
}

// ServeHTTP answers as a worker does. One that is no member any more cuts the connection.
func (w *Worker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	c := w.cluster
	c.store.mu.Lock()
	member := w.member()
	fault := c.match(r)
	entry := c.record(w, r, body)
	c.store.mu.Unlock()
	if err != nil || !member {
		panic(http.ErrAbortHandler)
	}
	if fault != nil && fault.before(rw, r) {
		c.answered(entry, fault.Status)
		return
	}
	got, err := w.answer(r, body)
	c.store.mu.Lock()
	member = w.member()
	c.store.mu.Unlock()
	if r.Context().Err() != nil || !member || fault != nil && fault.Lost == AfterApply {
		panic(http.ErrAbortHandler)
	}
	status := reply(rw, got, err)
	c.answered(entry, status)
}

func reply(rw http.ResponseWriter, got answer, err error) int {
	var refused *restError
	switch {
	case errors.As(err, &refused):
		got = answer{status: refused.code, body: map[string]any{"error_code": refused.code, "message": refused.message}}
	case err != nil:
		got = answer{status: 500, body: map[string]any{"error_code": 500, "message": err.Error()}}
	}
	if got.location != "" {
		rw.Header().Set("Location", got.location)
	}
	switch body := got.body.(type) {
	case nil:
		rw.WriteHeader(got.status)
		return got.status
	case html:
		rw.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
		rw.WriteHeader(got.status)
		_, _ = io.WriteString(rw, string(body))
		return got.status
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(got.body) != nil {
		got.status = 500
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(got.status)
	_, _ = rw.Write(bytes.TrimSpace(out.Bytes()))
	return got.status
}

// html is a body that no part of Connect wrote.
type html string

func (w *Worker) answer(r *http.Request, body []byte) (answer, error) {
	parts, ok := split(r.URL.EscapedPath(), w.cluster.version.atLeast(4, 0))
	if !ok { // Jetty 12 does not let such a path in
		got := answer{status: 400}
		if r.Method == http.MethodGet {
			got.body = html("<html><body><h2>HTTP ERROR 400 Ambiguous URI encoding</h2></body></html>")
		}
		return got, nil
	}
	k := &call{Cluster: w.cluster, worker: w, request: r, parts: parts, body: body}
	do := k.route()
	if do == nil {
		return answer{}, errNotFound
	}
	if content, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && content != "application/json" {
		return answer{}, refuse(415, "HTTP 415 Unsupported Media Type")
	}
	return do()
}

// split takes a path apart: what follows a raw ";" is a matrix parameter and does not count.
func split(path string, strict bool) ([]string, bool) {
	var parts []string
	for raw := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		raw, _, _ = strings.Cut(raw, ";")
		part, err := url.PathUnescape(raw)
		if err != nil {
			return nil, false
		}
		if strict && (strings.ContainsAny(part, "/%\\") || part == "." || part == ".." || strings.ContainsFunc(part, func(r rune) bool { return r < ' ' })) {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, true
}

type handler = func() (answer, error)

// route finds who answers: nil for nobody.
func (k *call) route() handler {
	p := append(k.parts, "", "", "", "", "")
	switch p[0] {
	case "":
		return k.only(http.MethodGet, k.root)
	case "health":
		if k.version.atLeast(3, 9) {
			return k.only(http.MethodGet, k.health)
		}
	case "connectors":
		return k.routeConnectors(p)
	case "connector-plugins":
		switch {
		case p[1] == "":
			return k.only(http.MethodGet, k.listPlugins)
		case p[2] == "config" && p[3] == "":
			return k.only(http.MethodGet, k.pluginConfig)
		case p[2] == "config" && p[3] == "validate":
			return k.only(http.MethodPut, k.validate)
		}
	case "admin":
		switch {
		case p[1] == "loggers" && p[2] == "":
			return k.only(http.MethodGet, k.listLoggers)
		case p[1] == "loggers" && p[3] == "":
			return k.either(map[string]handler{http.MethodGet: k.getLogger, http.MethodPut: k.setLogger})
		}
	}
	return nil
}

func (k *call) only(method string, h handler) handler {
	return k.either(map[string]handler{method: h})
}

func (k *call) either(methods map[string]handler) handler {
	if h := methods[k.request.Method]; h != nil {
		return h
	}
	return func() (answer, error) { return answer{}, refuse(405, "HTTP 405 Method Not Allowed") }
}

func (k *call) routeConnectors(p []string) handler {
	if p[1] == "" && len(k.parts) < 2 {
		return k.either(map[string]handler{http.MethodGet: k.list, http.MethodPost: k.create})
	}
	internal := func() (answer, error) { return answer{}, refuse(400, "Internal request missing required signature") }
	switch strings.Join(k.parts[2:min(3, len(k.parts))], "") {
	case "":
		return k.either(map[string]handler{http.MethodGet: k.get, http.MethodDelete: k.remove})
	case "config":
		return k.either(map[string]handler{http.MethodGet: k.config, http.MethodPut: k.putConfig, http.MethodPatch: k.patchConfig})
	case "status":
		return k.only(http.MethodGet, k.status)
	case "pause":
		return k.only(http.MethodPut, k.target(paused))
	case "resume":
		return k.only(http.MethodPut, k.target(running))
	case "stop":
		return k.only(http.MethodPut, k.stop)
	case "restart":
		return k.only(http.MethodPost, k.restart)
	case "fence":
		return k.only(http.MethodPut, internal)
	case "topics":
		if p[3] == "reset" {
			return k.only(http.MethodPut, k.resetTopics)
		}
		return k.only(http.MethodGet, k.topics)
	case "offsets":
		return k.either(map[string]handler{http.MethodGet: k.getOffsets, http.MethodPatch: k.setOffsets, http.MethodDelete: k.resetOffsets})
	case "tasks":
		return k.routeTasks(p, internal)
	}
	return nil
}

func (k *call) routeTasks(p []string, internal handler) handler {
	if p[3] == "" {
		return k.either(map[string]handler{http.MethodGet: k.tasks, http.MethodPost: internal})
	}
	id, ok := number(p[3])
	switch {
	case !ok:
	case p[4] == "status":
		return k.only(http.MethodGet, func() (answer, error) { return k.taskStatus(id) })
	case p[4] == "restart":
		return k.only(http.MethodPost, func() (answer, error) { return k.restartTask(id) })
	}
	return nil
}
