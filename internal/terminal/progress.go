package terminal

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A Progress shows that work goes on: on a terminal one live line that is
// written over again, in a log plain lines, nothing where the terminal is
// quiet. It may be used by many goroutines at once.
type Progress struct {
	out   io.Writer
	ink   Ink
	live  bool
	quiet bool

	mu    sync.Mutex
	text  string
	start time.Time
	drawn bool
	turn  int
	stop  chan struct{}
	done  chan struct{}
}

// redraw is how often a live line moves.
const redraw = 150 * time.Millisecond

// Progress begins to show progress on Err. Close ends it.
func (t *Terminal) Progress() *Progress {
	p := &Progress{
		out: t.Err, ink: t.ErrInk, live: Is(t.Err) && !t.Quiet, quiet: t.Quiet,
		start: time.Now(), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if !p.live {
		close(p.done)
		return p
	}
	go p.run()
	return p
}

func (p *Progress) run() {
	defer close(p.done)
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.mu.Lock()
			p.turn++
			p.draw()
			p.mu.Unlock()
		case <-p.stop:
			return
		}
	}
}

// Doing says what is going on now: the live line. In a log it is not written.
func (p *Progress) Doing(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = Clean(fmt.Sprintf(format, args...))
}

// Note writes a line that stays.
func (p *Progress) Note(format string, args ...any) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintf(p.out, format+"\n", args...)
	p.draw()
}

// Close takes the live line away. The progress must not be used afterwards.
func (p *Progress) Close() {
	close(p.stop)
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

const turns = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

// draw writes the live line over itself. The lock is held.
func (p *Progress) draw() {
	if !p.live || p.text == "" {
		return
	}
	p.erase()
	spin := []rune(turns)
	passed := time.Since(p.start).Truncate(time.Second)
	line := Cut(p.text, Width(p.out)-14)
	fmt.Fprintf(p.out, "%s %s %s", p.ink.Cyan(string(spin[p.turn%len(spin)])), line, p.ink.Faint(passed.String()))
	p.drawn = true
}

func (p *Progress) erase() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}
