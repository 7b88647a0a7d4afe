package cli

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Completion gives the command that writes a shell's completion script. What is
// completed is said by the commands themselves.
func Completion(root string) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "give a shell what it needs to complete this command",
		Example: `  source <(` + root + ` completion bash)              # in ~/.bashrc
  ` + root + ` completion zsh > "${fpath[1]}/_` + root + `"
  ` + root + ` completion fish > ~/.config/fish/completions/` + root + `.fish`,
		Args:      ExactArgs("the shell"),
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
			return Usage(c, "cannot complete in %q: the shells are bash, zsh, fish and powershell", args[0])
		},
	}
}

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

// Version gives the command that says what the program was built from.
func Version(root string) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which version this is",
		Args:  NoArgs,
		Run:   func(c *cobra.Command, _ []string) { c.Println(version(root)) },
	}
}

func version(root string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return root + ", built without a version"
	}
	text, revision, modified := root+" "+info.Main.Version, "", ""
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
