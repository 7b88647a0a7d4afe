package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/connectcharm/kafka-connect-base/internal/terminal/pty"
)

// onTerminal runs a command on a terminal of its own, plays its user, and
// gives what the terminal showed, with "\n" at the ends of the lines.
func onTerminal(ts *testscript.TestScript, play, command string, args ...string) (string, error) {
	cmd := exec.Command(find(ts, command), args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TERM", "PATH", "URL", "NO_COLOR"} {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	screen, err := pty.Start(cmd, 30, 100)
	ts.Check(err)
	shown := 0
	for line := range strings.Lines(play) {
		line = strings.TrimRight(line, "\n")
		switch text, _ := strings.CutPrefix(line[min(1, len(line)):], " "); {
		case line == "^C":
			ts.Check(screen.Type("\x03"))
		case line == "^D":
			ts.Check(screen.Type("\x04"))
		case strings.HasPrefix(line, ">"):
			ts.Check(screen.Type(text + "\n"))
		case strings.HasPrefix(line, "@"):
			method, path, _ := strings.Cut(text, " ")
			clustersOf(ts).await(ts, method, path, 1)
		case strings.HasPrefix(line, "?"):
			if shown = after(screen, regexp.MustCompile(text), shown); shown < 0 {
				_ = screen.Wait()
				ts.Fatalf("the terminal never showed %q but\n%s", text, screen.Shown())
			}
		}
	}
	err = screen.Wait()
	return strings.ReplaceAll(screen.Shown(), "\r\n", "\n"), err
}

// after waits until something is shown after a place, and gives the place after
// it; -1 when the terminal ended before.
func after(screen *pty.Terminal, what *regexp.Regexp, from int) (end int) {
	if !screen.Until(0, func(shown string) bool {
		at := what.FindStringIndex(shown[from:])
		if at != nil {
			end = from + at[1]
		}
		return at != nil
	}) {
		return -1
	}
	return end
}

// find looks for a command where the script does.
func find(ts *testscript.TestScript, command string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, command)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	ts.Fatalf("there is no command %q", command)
	return ""
}
