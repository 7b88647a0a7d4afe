// Package shells completes the commands connectors and kcb in real shells, on a
// terminal, as the pages tell a user to switch it on: bash with Debian's
// bash-completion, zsh and fish.
//
// What a shell makes of a key is seen by what it shows, and by what the command
// is given when Enter follows: a name that was completed is one that runs.
package shells

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A shell is one that completes.
type shell struct {
	name string
	args []string
	file string // what it reads when it starts, in HOME
	// first is what a user's file has before anything is added to it.
	first string
	// needed are the files without which it is not the real thing.
	needed []string
}

func shells() []shell {
	const skeleton, completion = "/etc/skel/.bashrc", "/usr/share/bash-completion/bash_completion"
	first, _ := os.ReadFile(skeleton) // where there is none, the shell is not run
	return []shell{
		{name: "bash", args: []string{"-i"}, file: ".bashrc", first: string(first), needed: []string{skeleton, completion}},
		{name: "zsh", args: []string{"-i"}, file: ".zshrc"},
		{name: "fish", args: []string{"-i"}, file: ".config/fish/config.fish"},
	}
}

// missing says what a shell lacks here.
func (s shell) missing() string {
	if _, err := exec.LookPath(s.name); err != nil {
		return s.name
	}
	for _, file := range s.needed {
		if _, err := os.Stat(file); err != nil {
			return file
		}
	}
	return ""
}

// programs is the folder of the compiled commands.
var programs string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "shells-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(programs)
	build := exec.Command("go", "build", "-C", "../..", "-trimpath", "-o", programs+"/", "./cmd/connectors", "./cmd/kcb")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot compile the commands: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	var not []string
	for _, s := range shells() {
		if lacks := s.missing(); lacks != "" {
			not = append(not, fmt.Sprintf("%s (there is no %s)", s.name, lacks))
		}
	}
	if len(not) > 0 {
		fmt.Printf("NOT RUN: %s. On Debian and Ubuntu: apt-get install -y bash-completion zsh fish\n", strings.Join(not, ", "))
	}
	return code
}

// each plays a test in every shell. In CI all of them have to be there.
func each(t *testing.T, play func(t *testing.T, s shell)) {
	for _, s := range shells() {
		t.Run(s.name, func(t *testing.T) {
			if lacks := s.missing(); lacks != "" && os.Getenv("CI") == "true" {
				t.Fatalf("there is no %s: apt-get install -y bash-completion zsh fish", lacks)
			} else if lacks != "" {
				t.Skipf("there is no %s", lacks)
			}
			play(t, s)
		})
	}
}

// page is where a user reads how completion is switched on.
const page = "../../docs/how-to/deploy-connectors-from-git.md"

// told is the block of the page that belongs into a shell's file.
func told(t *testing.T, s shell) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "```sh\n# ~/"+s.file)
	block, _, ended := strings.Cut(block, "```\n")
	if !found || !ended {
		t.Fatalf("%s does not say what belongs into ~/%s", page, s.file)
	}
	return "# " + block
}

// The help tells the same as the page, and each command tells it of itself.
func TestHelpTells(t *testing.T) {
	for _, command := range []string{"connectors", "kcb"} {
		help, err := exec.Command(filepath.Join(programs, command), "completion", "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shells() {
			for line := range strings.Lines(told(t, s)) {
				line = strings.TrimSpace(strings.ReplaceAll(line, "connectors", command))
				if line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(string(help), line) {
					t.Errorf("%s completion --help does not say %q:\n%s", command, line, help)
				}
			}
		}
	}
}
