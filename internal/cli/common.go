package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// ManPages gives the hidden command that writes the manual pages into a folder.
func ManPages() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "write the manual pages into a folder",
		Args:   ExactArgs("FOLDER"),
		Hidden: true,
		RunE:   func(c *cobra.Command, args []string) error { return Man(c.Root(), args[0]) },
	}
}

// Version gives the command that says what the program was built from, in the
// form that --output asks for, where the program has that flag.
func Version(root string) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which version this is",
		Args:  NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			built, form := builtFrom(root), ""
			if output := c.Flag("output"); output != nil {
				form = output.Value.String()
			}
			switch form {
			case "json":
				return terminal.WriteJSON(c.OutOrStdout(), built)
			case "yaml":
				return terminal.WriteYAML(c.OutOrStdout(), built)
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), built)
			return err
		},
	}
}

// A build is what a program was built from.
type build struct {
	Program  string `json:"program"`
	Version  string `json:"version"` // "(devel)" from a checkout
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

func builtFrom(program string) build {
	b := build{Program: program, Version: "(unknown)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// String is one line.
func (b build) String() string {
	text := b.Program + " " + b.Version
	if b.Revision != "" {
		text += " " + b.Revision[:min(12, len(b.Revision))]
	}
	if b.Modified {
		text += ", with changes"
	}
	return text + ", " + b.Go
}
