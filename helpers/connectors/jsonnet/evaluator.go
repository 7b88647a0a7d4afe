package jsonnet

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
)

// An Evaluator evaluates files of one folder. Only Root is needed.
type Evaluator struct {
	// Root is the folder. Names of files are relative to it, with slashes.
	Root *os.Root
	// Variables are what std.extVar gives. By default, there are none.
	Variables map[string]Variable
	// Limits bound what a file may cost.
	Limits Limits
	// Parallel is how many children evaluate at once. By default, as many as
	// there are processors, and fewer for few files.
	Parallel int
	// CacheFile is where results are kept for the next time; its folder is
	// made. By default, they are not kept.
	CacheFile string
	// Trace gets what files say with std.trace, while they are evaluated. By
	// default, nobody does.
	Trace io.Writer
}

// A Variable is an external variable.
type Variable struct {
	// Text is its value.
	Text string
	// Code says that Text is Jsonnet, such as JSON. By default, the value is
	// the string itself.
	Code bool
	// Secret keeps the results it goes into out of the cache.
	Secret bool
}

// A Result is what one file evaluates to.
type Result struct {
	// File is its name.
	File string
	// Output is JSON. It is nil with Err.
	Output []byte
	// Err says why there is none.
	Err *Error
	// Cached says that the file was not evaluated anew.
	Cached bool
}

// Evaluate gives a result for each file, in their order. What is wrong with a
// file is in its result; the error is about all of them: no child could be
// started, or the context ended.
func (e *Evaluator) Evaluate(ctx context.Context, files []string) ([]Result, error) {
	limits := e.Limits.orDefaults()
	results := make([]Result, len(files))
	kept := e.openCache(limits)
	var todo []int
	for i, file := range files {
		results[i].File = file
		if output, ok := kept.get(file); ok {
			results[i].Output, results[i].Cached = output, true
		} else {
			todo = append(todo, i)
		}
	}
	if len(todo) > 0 {
		if err := e.evaluate(ctx, limits, results, todo, kept); err != nil {
			return nil, err
		}
	}
	kept.save()
	return results, nil
}

// perChild is how many files make another child worth starting.
const perChild = 16

// evaluate fills in the results to do.
func (e *Evaluator) evaluate(ctx context.Context, limits Limits, results []Result, todo []int, kept *cache) error {
	queue := make(chan int, len(todo))
	for _, i := range todo {
		queue <- i
	}
	close(queue)
	parallel := min(or(e.Parallel, runtime.GOMAXPROCS(0)), 1+len(todo)/perChild)
	p := &pool{setup: setup{Limits: limits, Variables: e.Variables}, dir: e.Root.Name()}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var each sync.Mutex
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			err := p.work(ctx, queue, results, func(i int, r response) {
				each.Lock()
				defer each.Unlock()
				results[i].Output, results[i].Err = r.Output, r.Err
				if r.Err == nil {
					kept.put(results[i].File, r)
				}
				if e.Trace != nil && len(r.Trace) > 0 {
					_, _ = e.Trace.Write(r.Trace) // what cannot be shown is no reason to stop
				}
			})
			if err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("cannot evaluate Jsonnet: %w", err)
	}
	return nil
}
