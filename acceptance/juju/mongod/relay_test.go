package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/juju/mgo/v3"
	"github.com/juju/mgo/v3/bson"
	"github.com/juju/mgo/v3/sstxn"
	mgotesting "github.com/juju/mgo/v3/testing"
	"github.com/juju/mgo/v3/txn"
)

// TestOwnTransactions has Juju's runner of transactions and a change stream on the
// real database: nobody's change is lost, what is refused changes nothing, and the
// stream tells of each change once and in order.
func TestOwnTransactions(t *testing.T) {
	db := start(t).DB("juju")
	const clients, each = 4, 25
	if err := sstxn.NewRunner(db, nil).Run([]txn.Op{{C: "counts", Id: "one", Insert: bson.M{"n": 0}}}, "", nil); err != nil {
		t.Fatal(err)
	}
	next := watch(t, db)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			mine := db.With(db.Session.Copy())
			defer mine.Session.Close()
			runner := sstxn.NewRunner(mine, nil)
			for done := 0; done < each; {
				var doc struct{ N int }
				if err := mine.C("counts").FindId("one").One(&doc); err != nil {
					t.Error(err)
					return
				}
				err := runner.Run([]txn.Op{{C: "counts", Id: "one", Assert: bson.M{"n": doc.N}, Update: bson.M{"$set": bson.M{"n": doc.N + 1}}}}, "", nil)
				switch {
				case err == nil:
					done++
				case !errors.Is(err, txn.ErrAborted): // somebody else was faster
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	var doc struct{ N int }
	if err := db.C("counts").FindId("one").One(&doc); err != nil || doc.N != clients*each {
		t.Errorf("%d changes of %d, error %v", doc.N, clients*each, err)
	}
	err := sstxn.NewRunner(db, nil).Run([]txn.Op{
		{C: "counts", Id: "two", Assert: txn.DocMissing, Insert: bson.M{"n": 0}},
		{C: "counts", Id: "one", Assert: bson.M{"n": -1}, Remove: true}}, "", nil)
	if count, _ := db.C("counts").Count(); !errors.Is(err, txn.ErrAborted) || count != 1 {
		t.Errorf("%d documents after a transaction that asserts what is not so, error %v", count, err)
	}
	for want := int64(3); want < 3+clients*each; want++ { // the insert is revision 2
		if got := next(); got != want {
			t.Fatalf("the stream tells of revision %d, want %d", got, want)
		}
	}
}

// start runs this program as Juju's test fixture does.
func start(t *testing.T) *mgo.Session {
	t.Helper()
	program := filepath.Join(t.TempDir(), "mongod")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("JUJU_MONGOD", program)
	server := &mgotesting.MgoInstance{EnableReplicaSet: true}
	if err := server.Start(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Destroy)
	session := server.MustDialDirect()
	t.Cleanup(session.Close)
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var is struct{ IsMaster bool }
		if err := session.Run("isMaster", &is); err == nil && is.IsMaster {
			return session
		} else if time.Now().After(end) {
			t.Fatalf("the database does not lead its replica set: %v", err)
		}
	}
}

// watch opens a change stream as Juju's watcher does, and gives what tells the next
// change's revision.
func watch(t *testing.T, db *mgo.Database) func() int64 {
	t.Helper()
	session := db.Session.Copy()
	t.Cleanup(session.Close)
	type answer struct {
		Cursor struct {
			ID        int64 `bson:"id"`
			NextBatch []struct {
				Update struct {
					Fields struct {
						Revision int64 `bson:"txn-revno"`
					} `bson:"updatedFields"`
				} `bson:"updateDescription"`
			} `bson:"nextBatch"`
		} `bson:"cursor"`
	}
	var a answer
	ask := func(command bson.D) {
		a = answer{}
		if err := db.With(session).Run(command, &a); err != nil {
			t.Fatal(err)
		}
	}
	ask(bson.D{{Name: "aggregate", Value: 1}, {Name: "pipeline", Value: []bson.M{{"$changeStream": bson.M{}}, {"$match": bson.M{}}}},
		{Name: "cursor", Value: bson.M{}}})
	id, told := a.Cursor.ID, []int64(nil)
	return func() int64 {
		for end := time.Now().Add(time.Minute); len(told) == 0 && time.Now().Before(end); {
			ask(bson.D{{Name: "getMore", Value: id}, {Name: "collection", Value: "$cmd.aggregate"}, {Name: "maxTimeMS", Value: 1000}})
			for _, change := range a.Cursor.NextBatch {
				told = append(told, change.Update.Fields.Revision)
			}
		}
		if len(told) == 0 {
			t.Fatal("the stream tells of nothing more")
		}
		first := told[0]
		told = told[1:]
		return first
	}
}
