package main

// The bytes: numbered lines, written to the source's file ten times a second, and
// counted in the sink's.

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	arrived = "every line has arrived"
	waiting = "lines wait in the file"
	nobody  = "nothing is written"
)

type lines struct {
	from, to string

	mu     sync.Mutex
	wrote  int
	aimed  int // the number of lines that have to arrive
	err    error
	stop   chan struct{}
	ending sync.WaitGroup
}

// newLines uses two files in a folder, of which the source's is there at once.
func newLines(dir string) (*lines, error) {
	l := &lines{from: filepath.Join(dir, "from.txt"), to: filepath.Join(dir, "to.txt"), stop: make(chan struct{})}
	// Workers run as a user of their own.
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.Chmod(dir, 0o777), os.WriteFile(l.from, nil, 0o644)); err != nil {
		return nil, fmt.Errorf("cannot make the folder of the connectors' files: %w", err)
	}
	return l, nil
}

// flow begins to write.
func (l *lines) flow() {
	l.ending.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
				l.write()
			}
		}
	})
}

func (l *lines) write() {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.OpenFile(l.from, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		l.err = err
		return
	}
	defer file.Close()
	if _, l.err = fmt.Fprintf(file, "line %d\n", l.wrote+1); l.err == nil {
		l.wrote++
	}
}

// aim remembers how much has been written: that is to arrive.
func (l *lines) aim() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.aimed = l.wrote
	return l.aimed
}

// about tells what became of the lines that count.
func (l *lines) about() string {
	l.mu.Lock()
	aimed, err := l.aimed, l.err
	l.mu.Unlock()
	if err != nil {
		return err.Error()
	}
	if aimed == 0 {
		return nobody
	}
	seen, _, err := l.read()
	if err != nil {
		return err.Error()
	}
	for n := 1; n <= aimed; n++ {
		if seen[n] == 0 {
			return waiting
		}
	}
	return arrived
}

// twice counts the lines that came more than once, which they may: a source and
// a sink that are ended by force begin again where they last took note.
func (l *lines) twice() (written, again int) {
	seen, _, err := l.read()
	if err != nil {
		return 0, 0
	}
	for _, times := range seen {
		again += times - 1
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrote, again
}

// read counts each line in the sink's file.
func (l *lines) read() (seen map[int]int, last int, err error) {
	text, err := os.ReadFile(l.to)
	if err != nil && !os.IsNotExist(err) {
		return nil, 0, fmt.Errorf("cannot read the sink's file: %w", err)
	}
	seen = map[int]int{}
	for line := range bytes.Lines(text) {
		number, is := bytes.CutPrefix(bytes.TrimSpace(line), []byte("line "))
		n, err := strconv.Atoi(string(number))
		if !is || err != nil {
			return nil, 0, fmt.Errorf("the sink's file has %q", line)
		}
		seen[n]++
		last = n
	}
	return seen, last, nil
}

func (l *lines) close() {
	close(l.stop)
	l.ending.Wait()
}
