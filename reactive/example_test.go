// The package as its users see it.

package reactive_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

var (
	TopicCreated = flags.New("kafka-connect-base.topic-created")
	Install      = flags.New("kafka-connect-base.install")
	Configured   = flags.New("kafka-connect-mongodb.configured")
	mongo        = flags.Endpoint("mongodb")
)

type layer struct{ running bool }

func (m *layer) createTopics(_ context.Context, changes *reactive.Changes) error {
	changes.Set(TopicCreated)
	return nil
}

func (m *layer) configure(_ context.Context, changes *reactive.Changes) error {
	if !m.running {
		return reactive.Waiting("for the workers to roll out")
	}
	changes.Set(Configured, Install)
	return nil
}

func (m *layer) rules() reactive.Rules {
	return reactive.Rules{
		reactive.When(flags.Not(TopicCreated)).
			Do("create topics", m.createTopics).Sets(TopicCreated),
		reactive.When(flags.All(mongo.Available, TopicCreated, flags.Leader).And(flags.Not(Configured))).
			Do("configure workers", m.configure).Sets(Configured, Install),
		reactive.OnSet(flags.ConfigChanged).Clears(Configured),
	}
}

// A hook goes from a state and a world to a new state.
func Example() {
	m := &layer{}
	engine, err := reactive.Compile(m.rules())
	if err != nil {
		fmt.Println(err)
		return
	}
	world := reactive.World{
		Facts:    map[string]bool{flags.Leader.Name(): true, mongo.Available.Name(): true},
		Versions: map[string]string{flags.ConfigChanged.Name(): "1"},
	}
	var state reactive.State
	for hook := range 2 {
		result, err := engine.Run(context.Background(), state, world)
		if err != nil {
			fmt.Println(err)
			return
		}
		for ran := range result.Ran() {
			fmt.Printf("hook %d, pass %d: %s: %s %v\n", hook, ran.Pass, ran.Rule, ran.Outcome, ran.Set)
		}
		for _, status := range result.Outcomes {
			fmt.Printf("status: %s %s\n", status.Outcome, status.Message)
		}
		state = result.State
		m.running = true
	}
	stored, err := json.Marshal(state)
	fmt.Println(string(stored), err)
	// Output:
	// hook 0, pass 0: create topics: done [kafka-connect-base.topic-created]
	// hook 0, pass 1: configure workers: waiting []
	// status: waiting for the workers to roll out
	// hook 1, pass 0: configure workers: done [kafka-connect-mongodb.configured kafka-connect-base.install]
	// {"version":1,"flags":["kafka-connect-base.install","kafka-connect-base.topic-created","kafka-connect-mongodb.configured"],"triggers":{"on set config.changed: clear kafka-connect-mongodb.configured":"1"}} <nil>
}

// Rules are a value that can be printed.
func ExampleRules_String() {
	ready, running := flags.New("app.ready"), flags.New("app.running")
	start := func(context.Context, *reactive.Changes) error { return nil }
	fmt.Print(reactive.Rules{
		reactive.When(flags.All(ready, flags.Leader).And(flags.Not(running))).Do("start", start).Sets(running),
		reactive.OnCleared(ready).Clears(running),
	})
	// Output:
	// RULE   WHEN                                             SETS         CLEARS
	// start  app.ready & leadership.is_leader & !app.running  app.running
	// -      on clear app.ready                                            app.running
}

// Explain says what a rule waits for.
func ExampleEngine_Explain() {
	engine, err := reactive.Compile((&layer{}).rules())
	if err != nil {
		fmt.Println(err)
		return
	}
	state := reactive.State{Flags: []string{"kafka-connect-base.topic-created"}}
	for _, explanation := range engine.Explain(state, reactive.World{}) {
		fmt.Println(explanation)
	}
	// Output:
	// create topics: kafka-connect-base.topic-created is in the way
	// configure workers: waits for endpoint.mongodb.available, leadership.is_leader
}

// Check finds what compiles and cannot be meant. A charm's tests call it with all its layers.
func ExampleCheck() {
	misspelt := flags.New("kafka-connect-base.topics-created")
	rules := append((&layer{}).rules(), reactive.When(flags.All(misspelt)).
		Do("register", func(context.Context, *reactive.Changes) error { return nil }))
	fmt.Println(reactive.Check(rules))
	// Output:
	// cannot be meant: rule "register" waits for flag "kafka-connect-base.topics-created", which nobody sets: did you mean "kafka-connect-base.topic-created"?
}
