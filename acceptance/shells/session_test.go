package shells

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/terminal/pty"
)

// A session is a user at a shell.
type session struct {
	t      *testing.T
	screen *pty.Terminal
	scenes int
	from   int // where the scene begins in what was shown
}

// patience is for what has to come; it comes in less than a second.
const patience = 30 * time.Second

// open gives a user a shell in a folder, whose file of that shell is as the page
// says, with the same line for kcb.
func open(t *testing.T, s shell, dir string) *session {
	t.Helper()
	home := t.TempDir()
	// Without this folder fish makes it from the manual pages, in the background.
	must(t, os.MkdirAll(filepath.Join(home, ".local/share/fish/generated_completions"), 0o700))
	file := filepath.Join(home, s.file)
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	text := s.first + told(t, s)
	for line := range strings.Lines(told(t, s)) {
		if strings.HasPrefix(line, "source") || strings.HasPrefix(line, "connectors") {
			text += strings.ReplaceAll(line, "connectors", "kcb")
		}
	}
	must(t, os.WriteFile(file, []byte(text), 0o600))

	command := exec.Command(s.name, s.args...)
	command.Dir = dir
	command.Env = []string{"HOME=" + home, "TERM=xterm", "LANG=C.UTF-8", "PATH=" + programs + ":" + os.Getenv("PATH")}
	screen, err := pty.Start(command, 60, 200)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			_ = command.Process.Kill() // of its own session: what it runs ends with the terminal
		}
		_ = screen.Wait()
	})
	user := &session{t: t, screen: screen}
	user.scene("start")
	return user
}

// scene ends what is on the line, and begins a new one when the shell is ready.
func (u *session) scene(name string) {
	u.t.Helper()
	u.scenes++
	// The words come together in what it prints only, never in what is typed.
	u.press(fmt.Sprintf("\x15printf 'scene-%%s-%%s\\n' %d %s\r", u.scenes, name))
	said := fmt.Sprintf("scene-%d-%s", u.scenes, name)
	if !u.screen.Until(patience, func(shown string) bool {
		_, after, ended := strings.Cut(shown[u.from:], said)
		return ended && strings.Contains(after, reading)
	}) {
		u.t.Fatalf("the shell did not come to the scene %q, but to\n%s", name, u.saw())
	}
	u.from = len(u.screen.Shown())
}

// reading is what a shell sends when it begins to read a line: marks, please,
// around what is pasted.
const reading = "\x1b[?2004h"

func (u *session) press(keys string) {
	u.t.Helper()
	must(u.t, u.screen.Type(keys))
}

// sees waits until the scene shows all of these.
func (u *session) sees(all ...string) {
	u.t.Helper()
	lacks := ""
	if !u.screen.Until(patience, func(shown string) bool {
		for _, one := range all {
			if !strings.Contains(plain(shown[u.from:]), one) {
				lacks = one
				return false
			}
		}
		return true
	}) {
		u.t.Fatalf("%q was not shown, but\n%s", lacks, plain(u.screen.Shown()[u.from:]))
	}
}

// saw says what the scene has shown.
func (u *session) saw() string { return plain(u.screen.Shown()[u.from:]) }

// leave ends the shell.
func (u *session) leave() {
	u.t.Helper()
	u.scene("end")
	u.press("exit\r")
	if err := u.screen.Wait(); err != nil {
		u.t.Errorf("the shell ended with %v", err)
	}
}

// moves is all that a shell sends to a terminal beside text.
var moves = regexp.MustCompile("\x1b\\[[0-9;?>=]*[@-~]|\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)|\x1b[()][0-9A-Z]|\x1b[=>78]|[\r\x07\x0f]")

// plain is text without what moves the cursor or paints.
func plain(shown string) string { return moves.ReplaceAllString(shown, "") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
