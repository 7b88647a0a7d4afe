package main

// Pods that are pretended.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"time"

	corev1 "k8s.io/api/core/v1"
)

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

// probes are readiness alone, and often: what a pod asks for is meant for
// containers that take longer.
func (pretend) probes(c *corev1.Container) probes {
	p := c.ReadinessProbe
	if p == nil || p.HTTPGet == nil {
		return probes{}
	}
	return probes{readiness: &probe{ask: p, period: tick, successes: 1, failures: 1}}
}

func (pretend) leave(*corev1.Pod) {}

func (p pretend) start(_ context.Context, l launch) (container, error) {
	c, namespace := l.container(), l.pod.Namespace
	if p.annotation(namespace, missing) == c.Image {
		return nil, &waiting{"ErrImagePull", fmt.Sprintf("failed to pull image %q: not found", c.Image)}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, &waiting{"CreateContainerError", err.Error()}
	}
	me := identity{Pod: l.pod.Name, Image: c.Image, Args: append(append([]string{}, c.Command...), c.Args...), Files: map[string]string{}}
	for _, m := range c.VolumeMounts {
		for name, f := range l.volumes[m.Name].files {
			me.Files[path.Join(m.MountPath, name)] = string(f.content)
		}
	}
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
	return &pretended{server, listener.Addr().String(), string(l.pod.UID)}, nil
}

type pretended struct {
	server  *http.Server
	at, uid string
}

func (p *pretended) id() string                          { return p.uid }
func (p *pretended) address(int) string                  { return p.at }
func (p *pretended) run(context.Context, []string) error { return errors.New("nothing runs here") }
func (p *pretended) ended() <-chan struct{}              { return nil }
func (p *pretended) code() int                           { return 0 }
func (p *pretended) stop(time.Duration)                  { _ = p.server.Close() }
