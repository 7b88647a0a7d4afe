package main

// Showing that something goes on: a spinner with seconds on a terminal, a plain
// line now and then elsewhere.

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress tells what is being done. Its text goes to stderr, so that stdout holds
// the timeline only.
type progress struct {
	out      io.Writer
	terminal bool
}

func newProgress(out io.Writer) *progress {
	_, terminal := terminalWidth(out)
	return &progress{out: out, terminal: terminal}
}

const (
	spinEvery = 120 * time.Millisecond
	sayEvery  = 15 * time.Second
)

// begin says what is being done, until the function it gives is called.
func (p *progress) begin(what string) (done func()) {
	start := time.Now()
	quit := make(chan struct{})
	var wait sync.WaitGroup
	if !p.terminal {
		fmt.Fprintln(p.out, what)
	}
	wait.Go(func() {
		every := sayEvery
		if p.terminal {
			every = spinEvery
		}
		tick := time.NewTicker(every)
		defer tick.Stop()
		for turn := 0; ; turn++ {
			select {
			case <-quit:
				return
			case <-tick.C:
				p.show(turn, what, time.Since(start))
			}
		}
	})
	return func() {
		close(quit)
		wait.Wait()
		if p.terminal {
			fmt.Fprint(p.out, clearLine)
		}
	}
}

func (p *progress) show(turn int, what string, since time.Duration) {
	if p.terminal {
		fmt.Fprintf(p.out, "%s%s %s, %.0f s", clearLine, spinner(turn), what, since.Seconds())
		return
	}
	fmt.Fprintf(p.out, "still at it after %.0f s\n", since.Seconds())
}

func spinner(turn int) string {
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	return string(frames[turn%len(frames)])
}

const clearLine = "\r\x1b[K"
