package kafkatest

// This package's own way to the brokers, past their gates: one connection for each request.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// insideTag marks this package's own requests: an unknown tag, which every broker must ignore.
const insideTag = 4711

// ask makes a request of a broker, in the newest version both know, marked as this package's own where it can be.
func (c *Cluster) ask(node int, req kmsg.Request) (kmsg.Response, error) {
	newest, ok := c.versions.LookupMaxKeyVersion(req.Key())
	if !ok {
		return nil, fmt.Errorf("cannot ask the fake Kafka for %s: its version does not know it", kmsg.NameForKey(req.Key()))
	}
	req.SetVersion(min(newest, req.MaxVersion()))
	if tags := tagsOf(req); tags != nil {
		tags.Set(insideTag, []byte{1})
	}
	return exchange(c.gates[node].inner.Addr().String(), req)
}

// exchange sends one request to an address and reads the answer.
func exchange(addr string, req kmsg.Request) (kmsg.Response, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)); err != nil {
		return nil, err
	}
	return readAnswer(conn, req)
}

func readAnswer(r io.Reader, req kmsg.Request) (kmsg.Response, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, err
	}
	res := req.ResponseKind()
	skip := 4 // the correlation id
	if res.IsFlexible() && req.Key() != int16(kmsg.ApiVersions) {
		skip++ // no tags
	}
	if len(frame) < skip {
		return nil, errors.New("the fake Kafka sent a short answer")
	}
	return res, res.ReadFrom(frame[skip:])
}

// copyOf makes a second request like the first, to be changed and sent on.
func copyOf(req kmsg.Request) (kmsg.Request, error) {
	clone := kmsg.RequestForKey(req.Key())
	clone.SetVersion(req.GetVersion())
	return clone, clone.ReadFrom(req.AppendTo(nil))
}

func isInside(req kmsg.Request) bool {
	found := false
	if tags := tagsOf(req); tags != nil {
		tags.Each(func(tag uint32, _ []byte) { found = found || tag == insideTag })
	}
	return found
}

// tagsOf gives the tags of the kinds of request this package makes.
func tagsOf(req kmsg.Request) *kmsg.Tags {
	switch req := req.(type) {
	case *kmsg.CreateTopicsRequest:
		return &req.UnknownTags
	case *kmsg.MetadataRequest:
		return &req.UnknownTags
	}
	return nil
}
