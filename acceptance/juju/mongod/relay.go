package main

// Between Juju and a database without transactions. Juju's runner first asserts and
// then writes, all in one transaction; here one runs at a time, from its first
// command to its commit or abort, and each of its commands goes to the database as
// one of its own. So an assertion holds until its transaction has written, and what
// is aborted after an assertion has written nothing. What is missing: a transaction
// whose write the database refuses keeps what it wrote before that, and one that is
// under way can be seen by others in its middle.

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/juju/mgo/v3/bson"
)

// claimed is the release that buildInfo gives: the first with transactions.
var claimed = []int{4, 0, 0, 0}

const (
	opReply = 1
	opQuery = 2004 // what Juju's driver sends all commands in

	headerSize  = 16
	replyPrefix = 20 // flags, cursor, starting from, number returned
)

// relay answers at one address for the database at another.
type relay struct {
	server, front string
	turn          chan struct{} // taken by the transaction that runs
	streams       streams
}

func newRelay(server, front string) *relay {
	return &relay{server: server, front: front, turn: make(chan struct{}, 1)}
}

func (r *relay) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			if err := r.join(client); err != nil {
				fmt.Fprintln(os.Stderr, "mongod: a connection ended:", err)
			}
		}()
	}
}

// conn is one client's connection.
type conn struct {
	*relay
	client, database     net.Conn
	toClient, toDatabase sync.Mutex // around what is written there

	mu      sync.Mutex
	asked   map[int32]bool // requests for buildInfo
	running string         // the transaction that has the turn through this connection
}

func (r *relay) join(client net.Conn) error {
	database, err := net.Dial("tcp", r.server)
	if err != nil {
		return err
	}
	c := &conn{relay: r, client: client, database: database, asked: map[int32]bool{}}
	defer func() {
		_ = database.Close() // before the turn is given back: who waits for it here gets no further then
		c.end("")
	}()
	go func() {
		defer client.Close()
		_ = c.replies()
	}()
	in := bufio.NewReader(client)
	for {
		message, err := read(in)
		if err != nil {
			if err == io.EOF || isClosed(err) {
				return nil
			}
			return err
		}
		if err := c.request(message); err != nil {
			return err
		}
	}
}

// read reads a message, header and all.
func read(in io.Reader) ([]byte, error) {
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, err
	}
	size := int(binary.LittleEndian.Uint32(head))
	if size < headerSize || size > 64<<20 {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	message := append(head, make([]byte, size-headerSize)...)
	_, err := io.ReadFull(in, message[headerSize:])
	return message, err
}

func (c *conn) request(message []byte) error {
	q, is := parseQuery(message)
	if !is {
		return c.forward(message)
	}
	if c.streaming(q) {
		return nil
	}
	switch q.command.first() {
	case "buildInfo", "buildinfo":
		c.mu.Lock()
		c.asked[q.id] = true
		c.mu.Unlock()
	case "replSetInitiate": // the database has to know itself by the address that its clients know
		q.command = document{{Name: "replSetInitiate", Value: raw(bson.D{
			{Name: "_id", Value: "juju"},
			{Name: "members", Value: []bson.D{{{Name: "_id", Value: 0}, {Name: "host", Value: c.front}}}},
		})}}
		return c.send(q)
	case "commitTransaction", "abortTransaction":
		c.end(q.transaction())
		return c.reply(q.id, bson.D{{Name: "ok", Value: 1}})
	}
	changed, err := q.speakOld()
	if err != nil {
		return err
	}
	name := q.transaction()
	switch {
	case name == "" && changed:
		return c.send(q)
	case name == "":
		return c.forward(message)
	}
	starts := q.command.has("startTransaction")
	q.command = q.command.without("startTransaction", "autocommit", "txnNumber", "lsid", "readConcern")
	if !starts {
		return c.send(q)
	}
	go func() { // whoever has the turn may be on this connection, too
		c.turn <- struct{}{}
		c.mu.Lock()
		c.running = name
		c.mu.Unlock()
		if err := c.send(q); err != nil { // the client may have gone while this waited
			c.end(name)
			_ = c.client.Close()
		}
	}()
	return nil
}

// end gives the turn back, if that transaction has it; an empty name stands for
// whichever runs on this connection, which is gone.
func (c *conn) end(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == "" || name != "" && name != c.running {
		return
	}
	c.running = ""
	<-c.turn
}

func (c *conn) send(q query) error {
	message, err := q.bytes()
	if err != nil {
		return err
	}
	return c.forward(message)
}

func (c *conn) forward(message []byte) error {
	c.toDatabase.Lock()
	defer c.toDatabase.Unlock()
	_, err := c.database.Write(message)
	return err
}

func (c *conn) reply(to int32, answer any) error {
	body, err := bson.Marshal(answer)
	if err != nil {
		return err
	}
	message := make([]byte, headerSize+replyPrefix, headerSize+replyPrefix+len(body))
	binary.LittleEndian.PutUint32(message[8:], uint32(to))
	binary.LittleEndian.PutUint32(message[12:], opReply)
	binary.LittleEndian.PutUint32(message[32:], 1)
	return c.back(append(message, body...))
}

// back gives a message to the client.
func (c *conn) back(message []byte) error {
	binary.LittleEndian.PutUint32(message, uint32(len(message)))
	c.toClient.Lock()
	defer c.toClient.Unlock()
	_, err := c.client.Write(message)
	return err
}

// replies passes on what the database answers.
func (c *conn) replies() error {
	in := bufio.NewReader(c.database)
	for {
		message, err := read(in)
		if err != nil {
			return err
		}
		to := int32(binary.LittleEndian.Uint32(message[8:]))
		c.mu.Lock()
		version := c.asked[to]
		delete(c.asked, to)
		c.mu.Unlock()
		if version {
			if message, err = claim(message); err != nil {
				return err
			}
		}
		if err := c.back(message); err != nil {
			return err
		}
	}
}

// claim puts the release with transactions into an answer to buildInfo.
func claim(message []byte) ([]byte, error) {
	if binary.LittleEndian.Uint32(message[12:]) != opReply || len(message) < headerSize+replyPrefix {
		return nil, fmt.Errorf("buildInfo is not answered by a reply")
	}
	var answer document
	if err := bson.Unmarshal(message[headerSize+replyPrefix:], &answer); err != nil {
		return nil, err
	}
	answer = append(answer.without("version", "versionArray"),
		bson.RawDocElem{Name: "version", Value: raw("4.0.0")}, bson.RawDocElem{Name: "versionArray", Value: raw(claimed)})
	body, err := bson.Marshal(answer)
	return append(message[:headerSize+replyPrefix], body...), err
}
