// Benchmarks: what a hook costs the engine.
//
// Each measures one hook: rules compiled and run once. "declare" in a name means that the flags and rules are made
// inside the measured time as well, as in a process that has just been started.

package reactive_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

var benchSizes = []int{100, 1000, 5000, 10000}

// scenario is a list of n rules and the state in which a hook finds them; runs is how many rules then run.
type scenario struct {
	name string
	make func(n int) (rules reactive.Rules, state reactive.State, runs int)
}

var scenarios = []scenario{
	{"steady", steady}, {"idle", idle}, {"chain", chain}, {"fanout", fanout}, {"upheaval", upheaval},
}

// steady: every rule's flag is set, and every rule runs.
func steady(n int) (reactive.Rules, reactive.State, int) {
	list, state := benchFlags(n), reactive.State{}
	rules := make(reactive.Rules, n)
	for i, f := range list {
		rules[i] = reactive.When(flags.All(f)).Do(fmt.Sprint("rule ", i), nothing)
		state.Flags = append(state.Flags, f.Name())
	}
	slices.Sort(state.Flags)
	return rules, state, n
}

// idle: every rule's flag is set, and every rule has done what it had to do.
func idle(n int) (reactive.Rules, reactive.State, int) {
	list, state := benchFlags(n), reactive.State{}
	rules := make(reactive.Rules, n)
	for i, f := range list {
		rules[i] = reactive.When(flags.Not(f)).Do(fmt.Sprint("rule ", i), set(f)).Sets(f)
		state.Flags = append(state.Flags, f.Name())
	}
	slices.Sort(state.Flags)
	return rules, state, 0
}

// chain: every rule sets the flag that the next one waits for.
func chain(n int) (reactive.Rules, reactive.State, int) {
	list := benchFlags(n + 1)
	rules := make(reactive.Rules, n)
	for i := range rules {
		next := list[i+1]
		rules[i] = reactive.When(flags.All(list[i]).And(flags.Not(next))).Do(fmt.Sprint("rule ", i), set(next)).Sets(next)
	}
	return rules, reactive.State{Flags: []string{list[0].Name()}}, n
}

// fanout: the first rule sets the flag that all the others wait for.
func fanout(n int) (reactive.Rules, reactive.State, int) {
	start := flags.New("bench.start")
	rules := make(reactive.Rules, n)
	rules[0] = reactive.When(flags.Not(start)).Do("start", set(start)).Sets(start)
	for i := 1; i < n; i++ {
		rules[i] = reactive.When(flags.All(start)).Do(fmt.Sprint("rule ", i), nothing)
	}
	return rules, reactive.State{}, n
}

// upheaval: a new unit, on which every rule runs and sets a flag.
func upheaval(n int) (reactive.Rules, reactive.State, int) {
	rules, _, _ := idle(n)
	return rules, reactive.State{}, n
}

func benchFlags(n int) []flags.Flag {
	list := make([]flags.Flag, n)
	for i := range list {
		list[i] = flags.New(fmt.Sprint("bench.flag-", i))
	}
	return list
}

func nothing(context.Context, *reactive.Changes) error { return nil }

func set(f flags.Flag) reactive.Handler {
	return func(_ context.Context, changes *reactive.Changes) error {
		changes.Set(f)
		return nil
	}
}

// BenchmarkHook measures as in a hook: with the collector that hooks.Main sets, which lets 16 MiB of heap come
// together before it begins, and on a heap without garbage. So nothing is collected in the measured time.
func BenchmarkHook(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	benchmark(b, benchSizes, runtime.GC)
}

// BenchmarkDefaults measures one hook after another in one process with Go's own collector: what a program pays that
// runs an engine without being a hook. Each pays for the garbage of those before it.
func BenchmarkDefaults(b *testing.B) {
	benchmark(b, []int{1000, 5000}, func() {})
}

func benchmark(b *testing.B, sizes []int, before func()) {
	for _, s := range scenarios {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/N=%d", s.name, n), func(b *testing.B) {
				rules, state, runs := s.make(n)
				measure(b, before, func() { hook(b, rules, state, runs) })
			})
			b.Run(fmt.Sprintf("%s-declare/N=%d", s.name, n), func(b *testing.B) {
				measure(b, before, func() {
					rules, state, runs := s.make(n)
					hook(b, rules, state, runs)
				})
			})
		}
	}
}

// measure reports the best time beside the mean, which on a busy machine says more about the machine.
func measure(b *testing.B, before, f func()) {
	b.ReportAllocs()
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		b.StopTimer()
		before()
		b.StartTimer()
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Microseconds()), "best-µs")
}

// hook compiles and runs once, and checks that it did what it is measured for.
func hook(b *testing.B, rules reactive.Rules, state reactive.State, runs int) {
	engine, err := reactive.Compile(rules)
	if err != nil {
		b.Fatal(err)
	}
	result, err := engine.Run(context.Background(), state, reactive.World{})
	if err != nil {
		b.Fatal(err)
	}
	if result.Runs != runs {
		b.Fatalf("%d rules ran, not %d", result.Runs, runs)
	}
}
