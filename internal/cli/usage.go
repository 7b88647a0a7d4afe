package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/connectcharm/kafka-connect-base/internal/nearest"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A usageError is a command line that cannot be understood.
type usageError struct {
	command string
	text    string
}

func (e *usageError) Error() string { return e.text }

// Usage gives the error for a command line that cannot be understood. The user
// is pointed to the command's help.
func Usage(command *cobra.Command, format string, args ...any) error {
	return &usageError{command.CommandPath(), fmt.Sprintf(format, args...)}
}

// prepare sets what all commands of a tree have in common.
func prepare(root *cobra.Command, console *terminal.Terminal) {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(console.In)
	root.SetOut(console.Out)
	root.SetErr(console.Err)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(usage)
	root.SetHelpTemplate(help)
	cobra.EnableCommandSorting = false // cobra has this for the whole process only
	each(root, func(c *cobra.Command) {
		c.DisableFlagsInUseLine = true
		c.Flags().SortFlags, c.PersistentFlags().SortFlags = false, false
		c.InheritedFlags().SortFlags = false
		if c.HasSubCommands() && c.RunE == nil {
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			c.Args = oneOf
		}
	})
}

// each visits a command and all below it.
func each(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, child := range c.Commands() {
		each(child, visit)
	}
}

// oneOf refuses what is none of a command's subcommands.
func oneOf(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			known = append(known, child.Name())
		}
	}
	return Usage(c, "cannot run %q: %s has no such command%s", args[0], c.CommandPath(), nearest.Hint(args[0], known))
}

// flagError says what is wrong with a flag, and which one may be meant.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	name, unknown := strings.CutPrefix(text, "unknown flag: --")
	if !unknown {
		return Usage(c, "cannot understand the command line: %s", text)
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	hint := ""
	if near := nearest.Of(name, known); near != "" {
		hint = fmt.Sprintf(", did you mean --%s?", near)
	}
	return Usage(c, "cannot use --%s: %q has no such flag%s", name, c.CommandPath(), hint)
}

// NoArgs accepts no arguments.
func NoArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Usage(c, "cannot use %q: %s takes no arguments", args[0], c.CommandPath())
	}
	return nil
}

// ExactArgs accepts as many arguments as there are names.
func ExactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return Usage(c, "cannot run %s: %s is missing", c.CommandPath(), names[len(args)])
		case len(args) > len(names):
			return Usage(c, "cannot use %q: %s takes %s only", args[len(names)], c.CommandPath(), strings.Join(names, " "))
		}
		return nil
	}
}

// A choice is a flag's value that is one of a few words.
type choice struct {
	value *string
	of    []string
}

func (c choice) String() string { return *c.value }
func (c choice) Type() string   { return strings.Join(c.of, "|") }

func (c choice) Set(value string) error {
	for _, known := range c.of {
		if value == known {
			*c.value = value
			return nil
		}
	}
	return fmt.Errorf("it is one of %s%s", strings.Join(c.of, ", "), nearest.Hint(value, c.of))
}

// Choice adds a flag that takes one of a few words, the first by default, and
// completes them in shells.
func Choice(c *cobra.Command, value *string, name, what string, of ...string) {
	*value = of[0]
	c.Flags().Var(choice{value, of}, name, what)
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(of, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
}

const help = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

const usage = `{{if .Runnable}}Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{end}}{{if .HasExample}}
Examples:
{{.Example}}
{{end}}{{if .HasAvailableSubCommands}}{{$commands := .Commands}}{{range $group := .Groups}}
{{.Title}}
{{range $commands}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}  {{rpad .Name .NamePadding}} {{.Short}}
{{end}}{{end}}{{end}}{{if not .AllChildCommandsHaveGroup}}
{{if .Groups}}Besides:{{else}}Commands:{{end}}
{{range $commands}}{{if and (eq .GroupID "") .IsAvailableCommand}}  {{rpad .Name .NamePadding}} {{.Short}}
{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsagesWrapped 100 | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableInheritedFlags}}
Flags of all commands:
{{.InheritedFlags.FlagUsagesWrapped 100 | trimTrailingWhitespaces}}
{{end}}{{if .HasHelpSubCommands}}
Topics:
{{range .Commands}}{{if .IsAdditionalHelpTopicCommand}}  {{rpad .Name .NamePadding}} {{.Short}}
{{end}}{{end}}{{end}}{{if .HasAvailableSubCommands}}
"{{.CommandPath}} COMMAND --help" says more.
{{end}}`
