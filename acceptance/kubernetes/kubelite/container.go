package main

// What runs in a pod: the seam, and the pretence behind it.

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// An engine runs containers.
type engine interface {
	// start starts a pod's only container. A [waiting] error says what the
	// container's status should wait for; the call is made again a little later.
	start(ctx context.Context, pod *corev1.Pod, files map[string][]byte) (container, error)
}

// A container runs.
type container interface {
	addr() string // where it listens, host:port
	stop()        // returns when it has ended
}

// waiting is why a container does not run yet.
type waiting struct{ reason, message string }

func (w *waiting) Error() string { return w.message }

// The annotations of a namespace that steer the pods in it.
const (
	unready = "kubelite/unready"
	missing = "kubelite/missing"
)

// pretend runs every image as an HTTP server that says who it is and what it
// was given.
type pretend struct {
	annotation func(namespace, key string) string
}

// identity is what a pretended container answers to any request.
type identity struct {
	Pod    string            `json:"pod"`
	Image  string            `json:"image"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Args   []string          `json:"args"`
	Files  map[string]string `json:"files"`
}

func (p pretend) start(_ context.Context, pod *corev1.Pod, files map[string][]byte) (container, error) {
	c := pod.Spec.Containers[0]
	if p.annotation(pod.Namespace, missing) == c.Image {
		return nil, &waiting{"ErrImagePull", fmt.Sprintf("failed to pull image %q: not found", c.Image)}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, &waiting{"CreateContainerError", err.Error()}
	}
	me := identity{Pod: pod.Name, Image: c.Image, Args: append(append([]string{}, c.Command...), c.Args...), Files: map[string]string{}}
	for name, content := range files {
		me.Files[name] = string(content)
	}
	namespace := pod.Namespace
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := me
		answer.Method, answer.Path = r.Method, r.URL.RequestURI()
		w.Header().Set("Content-Type", "application/json")
		if p.annotation(namespace, unready) == c.Image {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	go func() { _ = server.Serve(listener) }()
	return &pretended{server, listener.Addr().String()}, nil
}

type pretended struct {
	server *http.Server
	at     string
}

func (p *pretended) addr() string { return p.at }
func (p *pretended) stop()        { _ = p.server.Close() }
