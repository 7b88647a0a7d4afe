package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

func completionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "give a shell what it needs to complete this command",
		Long: `Gives the script by which a shell completes commands, flags, environments,
clusters, and the names of connectors: of those in the folder for plan, apply
and render, of those on the cluster for the commands that act on it.`,
		Example: `  source <(connectors completion bash)              # in ~/.bashrc
  connectors completion zsh > "${fpath[1]}/_connectors"
  connectors completion fish > ~/.config/fish/completions/connectors.fish`,
		Args:      cli.ExactArgs("the shell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			switch args[0] {
			case "bash":
				return c.Root().GenBashCompletionV2(out, true)
			case "zsh":
				return c.Root().GenZshCompletion(out)
			case "fish":
				return c.Root().GenFishCompletion(out, true)
			case "powershell":
				return c.Root().GenPowerShellCompletionWithDesc(out)
			}
			return cli.Usage(c, "cannot complete in %q: the shells are bash, zsh, fish and powershell", args[0])
		},
	}
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which version this is",
		Args:  cli.NoArgs,
		Run: func(c *cobra.Command, _ []string) {
			c.Println(version())
		},
	}
}

// version says what the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "connectors, built without a version"
	}
	text, revision, modified := "connectors "+info.Main.Version, "", ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = " " + setting.Value[:min(12, len(setting.Value))]
		case "vcs.modified":
			if setting.Value == "true" {
				modified = ", with changes"
			}
		}
	}
	return text + revision + modified + ", " + info.GoVersion
}

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "write the manual pages into a folder",
		Args:   cli.ExactArgs("FOLDER"),
		Hidden: true,
		RunE:   func(c *cobra.Command, args []string) error { return cli.Man(c.Root(), args[0]) },
	}
}
