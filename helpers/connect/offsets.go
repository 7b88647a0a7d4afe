package connect

// Where connectors are in their data: reading, setting and forgetting offsets. From Kafka 3.5 (reading) and 3.6.

import (
	"context"
	"net/http"
)

// Offsets is how far a connector has come. For a sink, Partition is {"kafka_topic", "kafka_partition"} and Offset is
// {"kafka_offset"}; for a source both are the connector's own affair. A nil Offset forgets that partition.
type Offsets struct {
	Offsets []Offset `json:"offsets"`
}

// An Offset is one partition of it.
type Offset struct {
	Partition map[string]any `json:"partition"`
	Offset    map[string]any `json:"offset"`
}

// Offsets asks how far a connector has come: [Offsets].
func (c *Client) Offsets(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "/offsets", nil)
}

// SetOffsets sets some of them. The connector must be stopped: Invalid otherwise.
func (c *Client) SetOffsets(ctx context.Context, name string, offsets ...Offset) (*Response, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	return c.do(ctx, c.about(name, http.MethodPatch, "/offsets", nil, Offsets{offsets}, nil))
}

// ResetOffsets forgets them all. The connector must be stopped: Invalid otherwise.
func (c *Client) ResetOffsets(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodDelete, "/offsets", nil)
}
