//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// A screenful is what a terminal has shown, as it comes.
type screenful struct {
	mu    sync.Mutex
	shown bytes.Buffer
	ended bool
	news  *sync.Cond
}

// read takes what the terminal shows until the other side closes.
func (s *screenful) read(from io.Reader) {
	part := make([]byte, 4096)
	for {
		n, err := from.Read(part)
		s.mu.Lock()
		s.shown.Write(part[:n])
		s.ended = err != nil
		s.news.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits until something is shown after a place, and gives the place
// after it; -1 when the terminal ended before.
func (s *screenful) await(what *regexp.Regexp, from int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if at := what.FindIndex(s.shown.Bytes()[from:]); at != nil {
			return from + at[1]
		}
		if s.ended {
			return -1
		}
		s.news.Wait()
	}
}

// onTerminal runs a command on a terminal of its own, plays its user, and
// gives what the terminal showed, with "\n" at the ends of the lines.
func onTerminal(ts *testscript.TestScript, play, command string, args ...string) (string, error) {
	controller, terminal, err := openTerminal()
	ts.Check(err)
	defer controller.Close()
	cmd := exec.Command(find(ts, command), args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TERM", "PATH", "URL", "NO_COLOR"} {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	ts.Check(cmd.Start())
	terminal.Close()
	screen := &screenful{}
	screen.news = sync.NewCond(&screen.mu)
	go screen.read(controller)
	shown := 0
	for line := range strings.Lines(play) {
		line = strings.TrimRight(line, "\n")
		switch text, _ := strings.CutPrefix(line[min(1, len(line)):], " "); {
		case line == "^C":
			_, err = io.WriteString(controller, "\x03")
			ts.Check(err)
		case strings.HasPrefix(line, ">"):
			_, err = io.WriteString(controller, text+"\n")
			ts.Check(err)
		case strings.HasPrefix(line, "@"):
			method, path, _ := strings.Cut(text, " ")
			clustersOf(ts).await(ts, method, path, 1)
		case strings.HasPrefix(line, "?"):
			if shown = screen.await(regexp.MustCompile(text), shown); shown < 0 {
				_ = cmd.Wait()
				ts.Fatalf("the terminal never showed %q but\n%s", text, screen.shown.String())
			}
		}
	}
	err = cmd.Wait()
	screen.await(regexp.MustCompile(`\A\z.`), 0) // until it ended
	return strings.ReplaceAll(screen.shown.String(), "\r\n", "\n"), err
}

// openTerminal gives the two ends of a terminal (pty(7)).
func openTerminal() (controller, screen *os.File, err error) {
	controller, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	fd := int(controller.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}); err != nil {
		return nil, nil, err
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	return controller, screen, err
}

// find looks for a command where the script does.
func find(ts *testscript.TestScript, command string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, command); exists(path) {
			return path
		}
	}
	ts.Fatalf("there is no command %q", command)
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
