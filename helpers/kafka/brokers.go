package kafka

// Finding a broker that answers: the ones given to begin with, side by side, and the ones the cluster names later
// (a controller, a group's coordinator).

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go/protocol/metadata"
)

// stagger is how long one address gets before the next is tried beside it.
const stagger = 250 * time.Millisecond

// onAnyBroker makes requests on a connection to one of the brokers given to begin with.
func (a *Admin) onAnyBroker(ctx context.Context, f func(context.Context, *conn) error) error {
	return a.onConnection(ctx, a.anyBroker, f)
}

// onBroker makes requests on a connection to one particular broker.
func (a *Admin) onBroker(ctx context.Context, host string, port int32, f func(context.Context, *conn) error) error {
	addr := net.JoinHostPort(host, strconv.Itoa(int(port)))
	open := func(ctx context.Context) (*conn, error) {
		if c := a.take(addr); c != nil {
			return c, nil
		}
		return dial(ctx, addr, a.config.ClientID)
	}
	return a.onConnection(ctx, open, f)
}

// onConnection lends f a connection. A broker may have closed one that was kept, and may be restarting, so a
// connection that breaks is replaced: a kept one by a kept one or a new one, a new one once.
func (a *Admin) onConnection(
	ctx context.Context, open func(context.Context) (*conn, error), f func(context.Context, *conn) error,
) error {
	for broken := 0; ; {
		c, err := open(ctx)
		if err != nil {
			return err
		}
		if err = f(ctx, c); err == nil || wasAnswered(err) {
			a.give(c)
			return err
		}
		c.close()
		if !c.reused {
			broken++
		}
		if !isBroken(err) || broken > 1 || ctx.Err() != nil {
			return err
		}
	}
}

// wasAnswered: the broker said no, in good order, so its connection is as good as before.
func wasAnswered(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code != 0
}

// isBroken tells a connection that went away from an answer nobody likes.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func (a *Admin) take(addr string) *conn {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.idle[addr]
	delete(a.idle, addr)
	if c != nil {
		c.reused = true
	}
	return c
}

func (a *Admin) give(c *conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.idle[c.addr] != nil {
		c.close()
		return
	}
	a.idle[c.addr] = c
}

// anyBroker gives a kept connection, or the first that comes about when all addresses are tried, the next one
// whenever the one before has failed or has been silent for a moment.
func (a *Admin) anyBroker(ctx context.Context) (*conn, error) {
	addrs := a.config.Brokers
	if len(addrs) == 0 {
		return nil, &Error{Kind: ErrUnreachable, Reason: "no broker's address is known"}
	}
	for _, addr := range addrs {
		if c := a.take(addr); c != nil {
			return c, nil
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	race := &race{ctx: ctx, client: a.config.ClientID, results: make(chan dialled)}
	return race.run(addrs, cancel)
}

type dialled struct {
	conn *conn
	err  error
}

type race struct {
	ctx     context.Context
	client  string
	results chan dialled
	running int
}

func (r *race) start(addr string) {
	r.running++
	go func() {
		c, err := dial(r.ctx, addr, r.client)
		r.results <- dialled{c, err}
	}()
}

// run returns the winner, having ended and closed all others: nothing is left behind.
func (r *race) run(addrs []string, cancel func()) (*conn, error) {
	var failed []error
	tick := time.NewTicker(stagger)
	defer tick.Stop()
	r.start(addrs[0])
	for next := 1; r.running > 0; {
		advance := false
		select {
		case <-tick.C:
			advance = true
		case d := <-r.results:
			r.running--
			if d.err == nil {
				cancel()
				r.drain()
				return d.conn, nil
			}
			failed = append(failed, d.err)
			advance = true
		}
		if advance && next < len(addrs) {
			r.start(addrs[next])
			next++
		}
	}
	return nil, joinErrors(failed)
}

func (r *race) drain() {
	for ; r.running > 0; r.running-- {
		if d := <-r.results; d.conn != nil {
			d.conn.close()
		}
	}
}

func brokersOf(res *metadata.Response) []Broker {
	brokers := make([]Broker, 0, len(res.Brokers))
	for _, b := range res.Brokers {
		brokers = append(brokers, Broker{ID: int(b.NodeID), Host: b.Host, Port: int(b.Port)})
	}
	slices.SortFunc(brokers, func(x, y Broker) int { return x.ID - y.ID })
	return brokers
}
