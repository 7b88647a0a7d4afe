package juju_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// BenchmarkCall measures one hook-tool call, either way:
//
//	go test -run '^$' -bench Call ./helpers/juju
func BenchmarkCall(b *testing.B) {
	for name, more := range map[string]map[string]string{"socket": nil, "exec": {"JUJU_AGENT_SOCKET_ADDRESS": ""}} {
		b.Run(name, func(b *testing.B) {
			agent := start(b)
			tools := juju.Open(readEnv(b, agent.Environ("start", more)), juju.Options{})
			defer tools.Close()
			for b.Loop() {
				if _, err := tools.Call(b.Context(), juju.Call{Tool: "is-leader", Args: []string{"--format=json"}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
