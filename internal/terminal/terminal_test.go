package terminal_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func TestColoured(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		environment string
		terminal    bool
		want        bool
	}{
		{"", true, true},
		{"", false, false},
		{"NO_COLOR=1", true, false},
		{"NO_COLOR=1 CLICOLOR_FORCE=1", true, false},
		{"CLICOLOR_FORCE=1", false, true},
		{"CLICOLOR_FORCE=0", false, false},
		{"CLICOLOR_FORCE=0", true, true},
		{"CLICOLOR=0", true, false},
		{"TERM=dumb", true, false},
		{"TERM=dumb CLICOLOR_FORCE=1", true, true},
	} {
		getenv := func(name string) string {
			for _, pair := range strings.Fields(test.environment) {
				if key, value, _ := strings.Cut(pair, "="); key == name {
					return value
				}
			}
			return ""
		}
		if got := terminal.Coloured(getenv, test.terminal); got != test.want {
			t.Errorf("%q, terminal %v: coloured %v, want %v", test.environment, test.terminal, got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := terminal.Table{Head: []string{"NAME", "STATE", ""}}
	table.Add("orders", terminal.Ink(true).Green("RUNNING"), "x")
	table.Add("größe", "FAILED", "")
	var out strings.Builder
	if err := table.Write(&out, false); err != nil {
		t.Fatal(err)
	}
	want := "NAME    STATE\norders  \x1b[32mRUNNING\x1b[0m  x\ngröße   FAILED\n"
	if out.String() != want {
		t.Errorf("wrote\n%q, want\n%q", out.String(), want)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{{"größe", 5, "größe"}, {"größe", 4, "grö…"}, {"größe", 1, "…"}, {"größe", 0, ""}} {
		if got := terminal.Cut(test.text, test.width); got != test.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestWriteYAML(t *testing.T) {
	t.Parallel()
	value := struct {
		Name  string            `json:"name"`
		Empty []string          `json:"empty"`
		Map   map[string]string `json:"map"`
		Count int               `json:"count"`
	}{"<x>: y", []string{}, map[string]string{"tasks.max": "1", "flag": "true", "date": "2026-01-01", "lines": "a\nb\u2028"}, 3}
	var out strings.Builder
	if err := terminal.WriteYAML(&out, value); err != nil {
		t.Fatal(err)
	}
	want := "name: '<x>: y'\nempty: []\nmap:\n  date: \"2026-01-01\"\n  flag: \"true\"\n  lines: \"a\\nb\\L\"\n  tasks.max: \"1\"\ncount: 3\n"
	if out.String() != want {
		t.Errorf("wrote\n%s, want\n%s", out.String(), want)
	}
}

func TestAskNobody(t *testing.T) {
	t.Parallel()
	console := terminal.New(strings.NewReader("y\n"), &strings.Builder{}, &strings.Builder{}, func(string) string { return "" })
	if yes, err := console.Ask(context.Background(), "Delete?"); yes || !errors.Is(err, terminal.ErrNobody) {
		t.Errorf("asked a pipe: %v, %v", yes, err)
	}
}

func TestProgressInALog(t *testing.T) {
	t.Parallel()
	for quiet, want := range map[bool]string{false: "created orders\ncreated items\n", true: ""} {
		var out strings.Builder
		console := terminal.New(strings.NewReader(""), &strings.Builder{}, &out, func(string) string { return "" })
		console.Quiet = quiet
		progress := console.Progress()
		progress.Doing("1 of 2")
		progress.Note("created %s", "orders")
		progress.Note("created %s", "items")
		progress.Close()
		if out.String() != want {
			t.Errorf("quiet %v: wrote %q, want %q", quiet, out.String(), want)
		}
	}
}
