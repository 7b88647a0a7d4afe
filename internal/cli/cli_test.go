package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// tree is a command with what a tree can have.
func tree() *cobra.Command {
	root := &cobra.Command{Use: "ship", Short: "sail a ship", Long: "Sails a ship.", Example: "  ship sail north"}
	root.PersistentFlags().StringP("flag", "f", "pirate", "the `COLOURS` to show")
	var speed string
	sail := &cobra.Command{
		Use: "sail DIRECTION", Short: "sail in a direction", Args: cli.ExactArgs("DIRECTION"),
		Long: "Sails in a direction:\n\n  north | south\n\nSpeed *matters*.",
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "down":
				return errors.New("cannot sail down: it is water\n  and wet\x1b[2J")
			case "round":
				return &cli.Exit{Code: cli.Differs}
			case "away":
				return &cli.Exit{Code: 3, Err: errors.New("cannot sail away: the anchor is down")}
			}
			c.Println("sailing", args[0], speed)
			return nil
		},
	}
	cli.Choice(sail, &speed, "speed", "how fast", "slow", "fast")
	root.AddCommand(sail, &cobra.Command{Use: "sink", Short: "sink", Args: cli.NoArgs, RunE: func(*cobra.Command, []string) error { return nil }})
	root.AddCommand(&cobra.Command{Use: "waters", Short: "where to sail", Long: "Where <fish> are."})
	return root
}

// run gives what a command writes, and its exit code.
func run(args ...string) (out, err string, code int) {
	var stdout, stderr strings.Builder
	console := terminal.New(strings.NewReader(""), &stdout, &stderr, func(string) string { return "" })
	code = cli.Run(tree(), console, args)
	return stdout.String(), stderr.String(), code
}

// Not parallel: cobra keeps in the whole process whether commands are sorted.
func TestRun(t *testing.T) {
	for _, test := range []struct {
		args     string
		out, err string
		code     int
	}{
		{"sail north", "sailing north slow\n", "", cli.OK},
		{"sail north --speed fast", "sailing north fast\n", "", cli.OK},
		{"sail down", "", "error: cannot sail down: it is water\n  and wet [2J\n", cli.Failed},
		{"sail round", "", "", cli.Differs},
		{"sail away", "", "error: cannot sail away: the anchor is down\n", 3},
		{"sail", "", "error: cannot run ship sail: DIRECTION is missing\nRun \"ship sail --help\" for what there is.\n", cli.Failed},
		{"sail a b", "", "error: cannot use \"b\": ship sail takes DIRECTION only\nRun \"ship sail --help\" for what there is.\n", cli.Failed},
		{"sink x", "", "error: cannot use \"x\": ship sink takes no arguments\nRun \"ship sink --help\" for what there is.\n", cli.Failed},
		{"sial", "", "error: cannot run \"sial\": ship has no such command, did you mean \"sail\"?\nRun \"ship --help\" for what there is.\n", cli.Failed},
		{"sail --sped x", "", "error: cannot use --sped: \"ship sail\" has no such flag, did you mean --speed?\nRun \"ship sail --help\" for what there is.\n", cli.Failed},
		{"sail north --speed fst", "", "error: cannot understand the command line: invalid argument \"fst\" for \"--speed\" flag: it is one of slow, fast, did you mean \"fast\"?\nRun \"ship sail --help\" for what there is.\n", cli.Failed},
	} {
		out, err, code := run(strings.Fields(test.args)...)
		if out != test.out || err != test.err || code != test.code {
			t.Errorf("ship %s: exit %d\n%s%s, want exit %d\n%s%s", test.args, code, out, err, test.code, test.out, test.err)
		}
	}
}

func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"prod": "prod", "../my-folder/a_b.c": "../my-folder/a_b.c", "été": "été", "": "''", "my folder": "'my folder'",
		"it's": `'it'\''s'`, "~me": "'~me'", "$(x)": "'$(x)'", "a;b": "'a;b'",
	} {
		if got := cli.Word(text); got != want {
			t.Errorf("%q is the word %s, want %s", text, got, want)
		}
	}
}

func TestHelp(t *testing.T) {
	out, _, code := run()
	for _, want := range []string{"Sails a ship.\n", "  ship COMMAND\n", "  ship sail north\n", "  sail        sail in a direction\n  sink        sink\n",
		"  -f, --flag COLOURS   the COLOURS to show (default \"pirate\")\n", "Topics:\n  waters      where to sail\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help lacks %q:\n%s", want, out)
		}
	}
	if code != cli.OK {
		t.Errorf("exit %d", code)
	}
}

func TestReference(t *testing.T) {
	page := cli.Reference(tree())
	for _, want := range []string{
		"# ship\n", "| [sail](#sail) | sail in a direction |\n", "```\nship sail DIRECTION\n```\n",
		"Sails in a direction:\n\n```\nnorth | south\n```\n\nSpeed \\*matters\\*.\n",
		"| `--speed slow\\|fast` | how fast | `slow` |\n", "Where \\<fish> are.\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the reference lacks %q:\n%s", want, page)
		}
	}
}

func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	if err := cli.Man(tree(), dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "ship-sail.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		".TH \"SHIP-SAIL\" 1\n", "ship\\-sail \\- sail in a direction\n", ".B ship sail DIRECTION\n", ".nf\n  north | south\n.fi\n",
		".B \\-\\-speed slow|fast\nhow fast (default slow)\n", ".SH OPTIONS OF ALL COMMANDS\n", "\\fBship\\fR(1), \\fBship\\-sink\\fR(1)",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
