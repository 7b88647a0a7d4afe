package kafkatest

// Faults: what a test may have the brokers do instead of answering.

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type action int

const (
	hangUp action = iota
	keepSilent
)

type fault struct {
	key  int16
	left int // -1: for ever
	what action
}

// Fail has the brokers answer the next requests of a kind with an error code of the protocol, for each topic or group
// the request names. The kind is the protocol's name for it, such as "CreateTopics". times of -1 means always.
func (c *Cluster) Fail(request string, code int16, times int) {
	err, ok := kerr.ErrorForCode(code).(*kerr.Error)
	if !ok || err.Code != code {
		panic("kafkatest: there is no such error code")
	}
	c.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Key(keyOf(request))}, Err: err, Count: times})
}

// HangUp has the brokers close the connection at the next requests of a kind, without an answer; "" is any kind.
func (c *Cluster) HangUp(request string, times int) { c.inject(request, times, hangUp) }

// KeepSilent has the brokers take the next requests of a kind and never answer; "" is any kind.
func (c *Cluster) KeepSilent(request string, times int) { c.inject(request, times, keepSilent) }

// Heal ends every HangUp and KeepSilent.
func (c *Cluster) Heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

func (c *Cluster) inject(request string, times int, what action) {
	key := int16(-1)
	if request != "" {
		key = keyOf(request)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, &fault{key: key, left: times, what: what})
}

func (c *Cluster) injected(req kmsg.Request) (kmsg.Response, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.faults {
		if f.left == 0 || f.key >= 0 && f.key != req.Key() {
			continue
		}
		if f.left > 0 {
			f.left--
		}
		if f.what == keepSilent {
			return nil, nil, true
		}
		return nil, errors.New("hung up on request of the test"), true
	}
	return nil, nil, false
}

func keyOf(request string) int16 {
	for key := int16(0); key <= kmsg.MaxKey; key++ {
		if kmsg.NameForKey(key) == request {
			return key
		}
	}
	panic("kafkatest: the protocol has no request " + request)
}
