package main

// Change streams of a whole database, which Juju's watchers live on and 3.6 does not
// have: read from the log that members of a replica set write for each other. They
// are read when no transaction runs, so that nobody hears of half of one.

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/juju/mgo/v3"
	"github.com/juju/mgo/v3/bson"
)

// streams are those that are open.
type streams struct {
	mu   sync.Mutex
	log  *mgo.Session // nil until the first is opened
	open map[int64]*stream
}

type stream struct {
	database string
	ignored  []string // collections
	after    bson.MongoTimestamp
}

// entry is one of the log's.
type entry struct {
	TS bson.MongoTimestamp `bson:"ts"`
	Op string              `bson:"op"`
	NS string              `bson:"ns"`
	O  bson.Raw            `bson:"o"`
	O2 bson.Raw            `bson:"o2"`
}

// opening is the command that opens one: {aggregate: 1, pipeline: [{$changeStream: …}, {$match: …}, …]}.
type opening struct {
	Pipeline []struct {
		ChangeStream *struct {
			ResumeAfter struct {
				Data bson.MongoTimestamp `bson:"_data"`
			} `bson:"resumeAfter"`
		} `bson:"$changeStream"`
		Match struct {
			Collection struct {
				Not struct {
					In []string `bson:"$in"`
				} `bson:"$not"`
			} `bson:"ns.coll"`
		} `bson:"$match"`
	} `bson:"pipeline"`
}

// streaming answers what concerns a change stream; is says whether the command does.
func (c *conn) streaming(q query) (is bool) {
	collection := ""
	if value, has := q.command.get("collection"); has {
		_ = value.Unmarshal(&collection)
	}
	switch q.command.first() {
	case "aggregate":
		var o opening
		if q.read(&o) != nil || len(o.Pipeline) == 0 || o.Pipeline[0].ChangeStream == nil {
			return false
		}
		go c.answer(q, func() (any, error) { return c.openStream(q.database(), o) })
	case "getMore":
		if collection != "$cmd.aggregate" {
			return false
		}
		go c.answer(q, func() (any, error) { return c.more(q) })
	case "killCursors":
		if value, _ := q.command.get("killCursors"); value.Unmarshal(&collection) != nil || collection != "$cmd.aggregate" {
			return false
		}
		go c.answer(q, func() (any, error) { return bson.M{"ok": 1}, nil })
	default:
		return false
	}
	return true
}

func (c *conn) answer(q query, ask func() (any, error)) {
	answer, err := ask()
	if err != nil {
		answer = bson.M{"ok": 0, "errmsg": err.Error(), "code": 43} // CursorNotFound: Juju opens another
	}
	if c.reply(q.id, answer) != nil {
		_ = c.client.Close()
	}
}

func (c *conn) openStream(database string, o opening) (any, error) {
	s := &stream{database: database, after: o.Pipeline[0].ChangeStream.ResumeAfter.Data}
	if len(o.Pipeline) > 1 {
		s.ignored = o.Pipeline[1].Match.Collection.Not.In
	}
	c.streams.mu.Lock()
	defer c.streams.mu.Unlock()
	if c.streams.log == nil {
		session, err := mgo.DialWithInfo(&mgo.DialInfo{Addrs: []string{c.server}, Direct: true, Timeout: time.Minute})
		if err != nil {
			return nil, fmt.Errorf("cannot read the log of the database: %w", err)
		}
		c.streams.log, c.streams.open = session, map[int64]*stream{}
	}
	if s.after == 0 {
		var last entry
		if err := c.streams.log.DB("local").C("oplog.rs").Find(nil).Sort("-$natural").One(&last); err != nil {
			return nil, fmt.Errorf("cannot read the log of the database: %w", err)
		}
		s.after = last.TS
	}
	id := int64(len(c.streams.open) + 1)
	c.streams.open[id] = s
	return s.batch("firstBatch", id, nil), nil
}

// more waits for changes for as long as it is asked to.
func (c *conn) more(q query) (any, error) {
	var asked struct {
		ID      int64 `bson:"getMore"`
		MaxTime int64 `bson:"maxTimeMS"`
	}
	if err := q.read(&asked); err != nil {
		return nil, err
	}
	c.streams.mu.Lock()
	s := c.streams.open[asked.ID]
	c.streams.mu.Unlock()
	if s == nil {
		return nil, fmt.Errorf("no such stream: %d", asked.ID)
	}
	for deadline := time.Now().Add(time.Duration(asked.MaxTime) * time.Millisecond); ; time.Sleep(5 * time.Millisecond) {
		changes, err := c.changes(s)
		if err != nil || len(changes) > 0 || time.Now().After(deadline) {
			return s.batch("nextBatch", asked.ID, changes), err
		}
	}
}

func (c *conn) changes(s *stream) (changes []any, err error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	session := c.streams.log.Copy()
	defer session.Close()
	all := session.DB("local").C("oplog.rs").Find(bson.M{"ts": bson.M{"$gt": s.after}}).LogReplay().Iter()
	var e entry
	for all.Next(&e) {
		s.after = e.TS
		if change := s.change(e); change != nil {
			changes = append(changes, change)
		}
		e = entry{}
	}
	return changes, all.Close()
}

// change tells of an entry as a change stream does; nil where it does not.
func (s *stream) change(e entry) any {
	prefix := s.database + "."
	if len(e.NS) <= len(prefix) || e.NS[:len(prefix)] != prefix || slices.Contains(s.ignored, e.NS[len(prefix):]) {
		return nil
	}
	var content, key document
	if e.O.Unmarshal(&content) != nil {
		return nil
	}
	revision := func(d document) bson.D {
		if value, has := d.get("txn-revno"); has {
			return bson.D{{Name: "txn-revno", Value: value}}
		}
		return bson.D{}
	}
	out := bson.D{{Name: "_id", Value: bson.D{{Name: "_data", Value: e.TS}}}, {Name: "txnNumber", Value: int64(1)},
		{Name: "ns", Value: bson.D{{Name: "db", Value: s.database}, {Name: "coll", Value: e.NS[len(prefix):]}}}}
	kind, key := "", content
	switch {
	case e.Op == "i":
		kind, out = "insert", append(out, bson.DocElem{Name: "fullDocument", Value: revision(content)})
	case e.Op == "d":
		kind = "delete"
	case e.Op == "u" && (content.has("$set") || content.has("$unset")):
		var set document
		if value, has := content.get("$set"); has && value.Unmarshal(&set) != nil || e.O2.Unmarshal(&key) != nil {
			return nil
		}
		kind, out = "update", append(out, bson.DocElem{Name: "updateDescription", Value: bson.D{{Name: "updatedFields", Value: revision(set)}}})
	case e.Op == "u":
		if e.O2.Unmarshal(&key) != nil {
			return nil
		}
		kind, out = "replace", append(out, bson.DocElem{Name: "fullDocument", Value: revision(content)})
	default:
		return nil
	}
	id, _ := key.get("_id")
	return append(out, bson.DocElem{Name: "operationType", Value: kind},
		bson.DocElem{Name: "documentKey", Value: bson.D{{Name: "_id", Value: id}}})
}

// batch is an answer with the changes, the last ones last.
func (s *stream) batch(name string, id int64, changes []any) any {
	if changes == nil {
		changes = []any{}
	}
	return bson.D{{Name: "ok", Value: 1}, {Name: "cursor", Value: bson.D{
		{Name: name, Value: changes}, {Name: "id", Value: id}, {Name: "ns", Value: s.database + ".$cmd.aggregate"},
		{Name: "postBatchResumeToken", Value: bson.D{{Name: "_data", Value: s.after}}}}}}
}
