package connect

// Counting: what a client has asked, so that a caller can say what its work cost.

import (
	"maps"
	"strings"
	"sync"
)

// counts are the attempts of a client, by kind.
type counts struct {
	mu    sync.Mutex
	kinds map[string]int
}

func (c *counts) add(r request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds == nil {
		c.kinds = map[string]int{}
	}
	c.kinds[r.kind()]++
}

// Requests says how many requests the client has sent until now, by kind: "GET /connectors", "PUT /connectors/*/config".
// Each attempt counts.
func (c *Client) Requests() map[string]int {
	c.counts.mu.Lock()
	defer c.counts.mu.Unlock()
	return maps.Clone(c.counts.kinds)
}

// kind is a request without what it is about.
func (r request) kind() string {
	parts := strings.Split(r.path, "/")
	for i := range parts {
		if i > 1 && (parts[i-1] == "connectors" || parts[i-1] == "connector-plugins" || parts[i-1] == "loggers" || parts[i-1] == "tasks") {
			parts[i] = "*"
		}
	}
	return r.method + " " + strings.Join(parts, "/")
}
