// Package pty plays the user of a command at a terminal, in tests: what is typed
// goes to the command, what it shows is kept, and one waits for what it shows.
package pty

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// A Terminal is one whose screen a command writes on. It may be used by many
// goroutines at once.
type Terminal struct {
	controller *os.File
	cmd        *exec.Cmd

	mu    sync.Mutex
	news  *sync.Cond
	shown bytes.Buffer
	ended bool
}

// Start starts a command whose three streams are a new terminal of so many rows
// and columns, in a session of its own.
func Start(cmd *exec.Cmd, rows, columns int) (*Terminal, error) {
	controller, screen, err := open(rows, columns)
	if err != nil {
		return nil, err
	}
	defer screen.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen, screen, screen
	own(cmd)
	if err := cmd.Start(); err != nil {
		controller.Close()
		return nil, err
	}
	t := &Terminal{controller: controller, cmd: cmd}
	t.news = sync.NewCond(&t.mu)
	go t.read()
	return t, nil
}

// read keeps what is shown until nobody is left who could show anything.
func (t *Terminal) read() {
	part := make([]byte, 4096)
	for {
		n, err := t.controller.Read(part)
		t.mu.Lock()
		t.shown.Write(part[:n])
		t.ended = err != nil
		t.news.Broadcast()
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Type presses keys: "\r" is Enter, "\t" Tab, "\x03" Ctrl-C.
func (t *Terminal) Type(keys string) error {
	_, err := io.WriteString(t.controller, keys)
	return err
}

// Shown gives all that was shown so far, with what moves the cursor.
func (t *Terminal) Shown() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown.String()
}

// Until waits until what was shown is as is asked for, and says whether it came
// to that: in this time (0: however long it takes), and before the command ended.
func (t *Terminal) Until(within time.Duration, is func(shown string) bool) bool {
	late := false
	if within > 0 {
		timer := time.AfterFunc(within, func() {
			t.mu.Lock()
			late = true
			t.mu.Unlock()
			t.news.Broadcast()
		})
		defer timer.Stop()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for !is(t.shown.String()) {
		if t.ended || late {
			return false
		}
		t.news.Wait()
	}
	return true
}

// Wait waits until the command has ended and all it showed is there.
func (t *Terminal) Wait() error {
	err := t.cmd.Wait()
	t.Until(0, func(string) bool { return false })
	t.controller.Close()
	return err
}
