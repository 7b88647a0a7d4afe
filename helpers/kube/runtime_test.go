package kube_test

// Pods that do what a test wants.

import (
	"context"
	"sync/atomic"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

// gate is a runtime whose pods, when they start, become ready or not according
// to how the gate stands; opening it lets the waiting ones be ready as well.
type gate struct {
	isOpen atomic.Bool
	addr   string // where the pods listen
}

func (g *gate) open(yes bool) { g.isOpen.Store(yes) }

func (g *gate) StartPod(context.Context, kubetest.Pod) (kubetest.Running, error) {
	return &gated{gate: g}, nil
}

type gated struct {
	gate   *gate
	passed atomic.Bool
}

func (p *gated) Ready() bool {
	if p.gate.isOpen.Load() {
		p.passed.Store(true)
	}
	return p.passed.Load()
}
func (p *gated) Addr() string { return p.gate.addr }
func (*gated) Stop()          {}

// starter is a runtime that is one function.
type starter func(kubetest.Pod) (kubetest.Running, error)

func (s starter) StartPod(_ context.Context, p kubetest.Pod) (kubetest.Running, error) { return s(p) }

// at is a pod that is ready and listens.
type at string

func (at) Ready() bool    { return true }
func (a at) Addr() string { return string(a) }
func (at) Stop()          {}
