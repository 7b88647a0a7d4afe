//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// onTerminal runs a command on a terminal of its own, types a text, and gives
// what the terminal showed, with "\n" at the ends of the lines.
func onTerminal(ts *testscript.TestScript, typed, command string, args ...string) (string, error) {
	controller, screen, err := openTerminal()
	ts.Check(err)
	defer controller.Close()
	cmd := exec.Command(find(ts, command), args...)
	cmd.Dir = ts.Getenv("PWD")
	if cmd.Dir == "" {
		cmd.Dir = ts.MkAbs(".")
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TERM", "PATH", "URL", "NO_COLOR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen, screen, screen
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	ts.Check(cmd.Start())
	screen.Close()
	var shown bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&shown, controller) // it ends with an error when the other side closes
	}()
	_, err = io.WriteString(controller, typed)
	ts.Check(err)
	err = cmd.Wait()
	<-read
	return strings.ReplaceAll(shown.String(), "\r\n", "\n"), err
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
