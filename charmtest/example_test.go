package charmtest_test

import (
	"context"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// A test says what the operator does, and reads what became of it.
func Example() {
	m, err := charmtest.New(charmtest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	steps := []error{
		m.Deploy("pg", "testdata/pg", charmtest.DeployOptions{}),
		m.Deploy("kc", "testdata/kc", charmtest.DeployOptions{Config: map[string]any{"mode": "fast"}}),
		m.Integrate("kc:db", "pg:db"),
		m.Settle(context.Background()),
	}
	for _, err := range steps {
		if err != nil {
			fmt.Println(err)
		}
	}
	fmt.Print(m.Status())
	fmt.Println(m.RelationData("db", "pg/0"))
	// Output:
	// App  Version  Status  Scale  Charm  Message
	// pg            active  1      pg
	// kc            active  1      kc     db at 10.0.0.9
	//
	// Unit   Workload  Agent  Address   Ports  Message
	// pg/0*  active    idle   10.0.0.2
	// kc/0*  active    idle   10.0.0.3         db at 10.0.0.9
	// map[host:10.0.0.9]
}

// An application without a charm plays the other side.
func ExampleModel_Remote() {
	m, err := charmtest.New(charmtest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	pg, err := m.Remote("pg", "db", "pgsql", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, err := range []error{
		pg.SetUnitData("pg/0", map[string]string{"host": "db.example"}),
		m.Deploy("kc", "testdata/kc", charmtest.DeployOptions{}),
		m.Integrate("kc:db", "pg"),
		m.Settle(context.Background()),
	} {
		if err != nil {
			fmt.Println(err)
		}
	}
	fmt.Print(m.JournalSince(5))
	// Output:
	// kc/0     ok   start
	// kc/0     ok   db-relation-joined pg/0 db:1
	// kc/0     ok   db-relation-changed pg/0 db:1
}
