package connectors_test

import (
	"context"
	"fmt"
	"log"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// What the files of an environment want. The program has to serve as an
// evaluator: its main begins with jsonnet.IsChild and jsonnet.ServeChild.
func ExampleFolder_Load() {
	folder, err := connectors.Open("testdata/seed")
	if err != nil {
		log.Fatal(err)
	}
	prod, err := folder.Environment("prod")
	if err != nil {
		log.Fatal(err)
	}
	desired, err := folder.Load(context.Background(), prod, connectors.LoadOptions{NoCache: true})
	if err != nil {
		log.Fatal(err) // every mistake, with its file
	}
	for _, c := range desired.Connectors {
		fmt.Println(c.Name, c.State, c.Config["tasks.max"], "tasks, from", c.Source)
	}
	// Output: SomeName-v1 running 64 tasks, from connectors/prod/some-name.jsonnet
}
