package cli

import (
	"context"
	"embed"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// scripts ask the program itself what may follow, as cobra's own do. Those lose
// the quotes of names that begin alike ("my one", "my other") in bash, complete
// nothing within quotes in bash and zsh, and evaluate in fish what a name holds.
//
//go:embed completion
var scripts embed.FS

// Completion gives the command that writes a shell's completion script. What is
// completed is said by the commands themselves.
func Completion(root string) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "give a shell what it needs to complete this command",
		Example: `  source <(` + root + ` completion bash)      # in ~/.bashrc; needs the package bash-completion
  source <(` + root + ` completion zsh)       # in ~/.zshrc, after "autoload -Uz compinit && compinit"
  ` + root + ` completion fish | source       # in ~/.config/fish/config.fish
  ` + root + ` completion powershell | Out-String | Invoke-Expression`,
		Args:      ExactArgs("the shell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "bash", "zsh", "fish":
				script, err := scripts.ReadFile("completion/" + args[0])
				if err != nil {
					return err
				}
				_, err = io.WriteString(c.OutOrStdout(), strings.ReplaceAll(string(script), "NAME", root))
				return err
			case "powershell":
				return c.Root().GenPowerShellCompletionWithDesc(c.OutOrStdout())
			}
			return Usage(c, "cannot complete in %q: the shells are bash, zsh, fish and powershell", args[0])
		},
	}
}

// endedKey is where a completion's context keeps whether "--" was typed before.
type endedKey struct{}

// FlagsEnded says whether "--" has ended the flags before what is completed:
// what begins with "-" is a name then. Cobra does not tell.
func FlagsEnded(ctx context.Context) bool {
	ended, _ := ctx.Value(endedKey{}).(bool)
	return ended
}

// forShells makes a tree and a context ready to complete the last argument.
func forShells(ctx context.Context, root *cobra.Command, args []string) context.Context {
	plainHints(root)
	return context.WithValue(ctx, endedKey{}, slices.Contains(args[:len(args)-1], "--"))
}

// plainHints takes the marks away that a flag's text has around its value: a
// shell shows it as it is.
func plainHints(root *cobra.Command) {
	plain := func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) }
	each(root, func(c *cobra.Command) {
		c.Flags().VisitAll(plain)
		c.PersistentFlags().VisitAll(plain)
	})
}
