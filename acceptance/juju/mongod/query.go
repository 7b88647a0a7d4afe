package main

// Commands as Juju's driver sends them: as queries of a database's collection $cmd.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/juju/mgo/v3/bson"
)

// document keeps the order and the bytes of what it has.
type document []bson.RawDocElem

func (d document) first() string {
	if len(d) == 0 {
		return ""
	}
	return d[0].Name
}

func (d document) get(name string) (bson.Raw, bool) {
	for _, e := range d {
		if e.Name == name {
			return e.Value, true
		}
	}
	return bson.Raw{}, false
}

func (d document) has(name string) bool { _, has := d.get(name); return has }

func (d document) without(names ...string) document {
	return slices.DeleteFunc(slices.Clone(d), func(e bson.RawDocElem) bool { return slices.Contains(names, e.Name) })
}

// query is one command.
type query struct {
	id      int32
	prefix  []byte // header, flags, collection, numbers
	command document
	wrapped document // what is around the command; empty if nothing is
}

// parseQuery is for a message whose bytes may stay as they are.
func parseQuery(message []byte) (q query, is bool) {
	if binary.LittleEndian.Uint32(message[12:]) != opQuery {
		return q, false
	}
	name := message[headerSize+4:]
	end := bytes.IndexByte(name, 0)
	at := headerSize + 4 + end + 1 + 8
	if end < 0 || at > len(message) || !bytes.HasSuffix(name[:end], []byte(".$cmd")) {
		return q, false
	}
	q.id, q.prefix = int32(binary.LittleEndian.Uint32(message[4:])), message[:at]
	if bson.Unmarshal(message[at:], &q.command) != nil {
		return q, false
	}
	if inner, is := q.command.get("$query"); is {
		q.wrapped = q.command
		q.command = nil
		if inner.Unmarshal(&q.command) != nil {
			return q, false
		}
	}
	return q, true
}

// database is the one that the command is for.
func (q query) database() string {
	name, _, _ := bytes.Cut(q.prefix[headerSize+4:], []byte(".$cmd"))
	return string(name)
}

// read puts the command's values into a structure's fields.
func (q query) read(into any) error {
	body, err := bson.Marshal(q.command)
	if err != nil {
		return err
	}
	return bson.Unmarshal(body, into)
}

// transaction names the one that the command is a part of; empty if it is of none.
func (q query) transaction() string {
	number, is := q.command.get("txnNumber")
	session, _ := q.command.get("lsid")
	if !is {
		return ""
	}
	return fmt.Sprintf("%x %x", session.Data, number.Data)
}

// speakOld puts what 3.6 knows in the place of an operator of 4.0 that one of Juju's
// pipelines has: a number becomes a text there, too, when a part of it is asked for.
func (q *query) speakOld() (changed bool, err error) {
	value, has := q.command.get("pipeline")
	if !has || !bytes.Contains(value.Data, []byte("$toString")) {
		return false, nil
	}
	var pipeline []bson.D
	if err := value.Unmarshal(&pipeline); err != nil {
		return false, err
	}
	for i := range pipeline {
		pipeline[i] = old(pipeline[i]).(bson.D)
	}
	for i := range q.command {
		if q.command[i].Name == "pipeline" {
			q.command[i].Value = raw(pipeline)
		}
	}
	return true, nil
}

func old(value any) any {
	switch v := value.(type) {
	case bson.D:
		for i := range v {
			v[i].Value = old(v[i].Value)
			if v[i].Name == "$toString" {
				v[i] = bson.DocElem{Name: "$substrBytes", Value: []any{v[i].Value, 0, -1}}
			}
		}
	case []any:
		for i := range v {
			v[i] = old(v[i])
		}
	}
	return value
}

func (q query) bytes() ([]byte, error) {
	whole := q.command
	if len(q.wrapped) > 0 {
		whole = slices.Clone(q.wrapped)
		for i := range whole {
			if whole[i].Name == "$query" {
				whole[i].Value = raw(q.command)
			}
		}
	}
	body, err := bson.Marshal(whole)
	message := append(slices.Clone(q.prefix), body...)
	binary.LittleEndian.PutUint32(message, uint32(len(message)))
	return message, err
}

// raw gives a value as an element of a document has it.
func raw(value any) bson.Raw {
	text, err := bson.Marshal(bson.D{{Name: "v", Value: value}})
	if err != nil {
		panic(err) // values of ours
	}
	var one document
	if err := bson.Unmarshal(text, &one); err != nil {
		panic(err)
	}
	return one[0].Value
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
