package kafka

// One connection to one broker: dial, agree on versions, ask, read the answer. What arrives is looked at before it is
// decoded, because something that is not a Kafka broker can send lengths for which a decoder would allocate gigabytes.

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

// maxFrame is the longest answer that is believed. A broker itself refuses requests beyond 100 MiB, and the answers
// to what is asked here are kilobytes.
const maxFrame = 100 << 20

type versionRange struct{ min, max int16 }

type conn struct {
	addr   string
	client string
	proto  *protocol.Conn
	served map[protocol.ApiKey]versionRange
	asked  int32 // requests made, which is also the last correlation id
	reused bool  // taken from the idle ones: the broker may have closed it meanwhile
}

// dial connects and asks which versions the broker serves, without which nothing else can be asked.
func dial(ctx context.Context, addr, clientID string) (*conn, error) {
	netConn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, diagnoseDial(addr, err)
	}
	c := &conn{addr: addr, client: clientID, proto: protocol.NewConn(netConn, clientID)}
	res, err := ask[*apiversions.Response](ctx, c, &apiversions.Request{})
	if err != nil {
		c.close()
		return nil, err
	}
	if res.ErrorCode != 0 {
		c.close()
		return nil, codeError(addr, res.ErrorCode, "")
	}
	c.served = make(map[protocol.ApiKey]versionRange, len(res.ApiKeys))
	for _, k := range res.ApiKeys {
		c.served[protocol.ApiKey(k.ApiKey)] = versionRange{k.MinVersion, k.MaxVersion}
	}
	return c, nil
}

func (c *conn) close() { _ = c.proto.Close() }

// version is the newest version of a request both sides know, or -1 if there is none.
func (c *conn) version(key protocol.ApiKey) int16 {
	if key == protocol.ApiVersions {
		return 0 // the one request whose version cannot be agreed on beforehand; v0 is served by every broker
	}
	served, ok := c.served[key]
	newest := min(served.max, key.MaxVersion())
	if !ok || newest < served.min || newest < key.MinVersion() {
		return -1
	}
	return newest
}

// ask sends a request and waits for its answer, for no longer than ctx. Any error leaves the connection unusable.
func ask[R protocol.Message](ctx context.Context, c *conn, req protocol.Message) (R, error) {
	var none R
	version := c.version(req.ApiKey())
	if version < 0 {
		return none, unservedError(c.addr, req.ApiKey(), c.served[req.ApiKey()])
	}
	_ = c.proto.SetDeadline(time.Time{})
	stop := context.AfterFunc(ctx, func() { _ = c.proto.SetDeadline(time.Unix(1, 0)) })
	c.asked++
	res, err := c.exchange(version, req)
	if !stop() && err == nil {
		err = ctx.Err() // the deadline is about to be moved: this connection must not be used again
	}
	if err != nil {
		return none, diagnoseAnswer(ctx, c, req.ApiKey(), err)
	}
	answer, ok := res.(R)
	if !ok {
		return none, &Error{Kind: ErrNotKafka, Broker: c.addr, Reason: fmt.Sprintf("answered with a %T", res)}
	}
	return answer, nil
}

func (c *conn) exchange(version int16, req protocol.Message) (protocol.Message, error) {
	if err := protocol.WriteRequest(c.proto, version, c.asked, c.client, req); err != nil {
		return nil, err
	}
	head, err := c.proto.Peek(8)
	if err != nil {
		return nil, &strangeAnswer{head: bytes.Clone(head), cause: err}
	}
	size, id := binary.BigEndian.Uint32(head), int32(binary.BigEndian.Uint32(head[4:]))
	if size < 4 || size > maxFrame || id != c.asked {
		return nil, &strangeAnswer{head: bytes.Clone(head)}
	}
	_, res, err := protocol.ReadResponse(c.proto, req.ApiKey(), version)
	return res, err
}
