package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Pages gives the commands of a tree that have a page, in the order of the
// help: the root, its commands with theirs, then its topics.
func pages(root *cobra.Command) []*cobra.Command {
	var commands, topics []*cobra.Command
	each(root, func(c *cobra.Command) {
		switch {
		case c.IsAdditionalHelpTopicCommand():
			topics = append(topics, c)
		case c == root || c.IsAvailableCommand() && c.Name() != "help":
			commands = append(commands, c)
		}
	})
	return append(commands, topics...)
}

// Reference gives the reference of a tree of commands as one Markdown page.
func Reference(root *cobra.Command) string {
	prepareFlags(root)
	var page strings.Builder
	fmt.Fprintf(&page, "# %s\n\n<!-- Made from the commands themselves; their tests write it anew with -update. -->\n\n", root.Name())
	for _, c := range pages(root) {
		if c != root {
			fmt.Fprintf(&page, "## %s\n\n", strings.TrimPrefix(c.CommandPath(), root.Name()+" "))
		}
		fmt.Fprintf(&page, "%s\n\n", markdown(describe(c)))
		if c.Runnable() && !c.HasSubCommands() {
			fmt.Fprintf(&page, "```\n%s\n```\n\n", c.UseLine())
		}
		if c.HasExample() {
			fmt.Fprintf(&page, "```sh\n%s\n```\n\n", unindent(c.Example))
		}
		if c == root {
			page.WriteString(contents(root))
		}
		flags := c.NonInheritedFlags()
		if c.IsAdditionalHelpTopicCommand() || !flags.HasAvailableFlags() {
			continue
		}
		page.WriteString("| flag | meaning | default |\n| --- | --- | --- |\n")
		flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				name, what, otherwise := flagParts(f)
				fmt.Fprintf(&page, "| `%s` | %s | %s |\n", strings.ReplaceAll(name, "|", `\|`), strings.ReplaceAll(what, "|", `\|`), otherwise)
			}
		})
		page.WriteString("\n")
	}
	return strings.TrimRight(page.String(), "\n") + "\n"
}

// contents is the table of the commands.
func contents(root *cobra.Command) string {
	var table strings.Builder
	table.WriteString("| command | |\n| --- | --- |\n")
	for _, c := range pages(root)[1:] {
		name := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
		fmt.Fprintf(&table, "| [%s](#%s) | %s |\n", name, strings.ReplaceAll(name, " ", "-"), c.Short)
	}
	table.WriteString("\nFlags of all commands:\n\n")
	return table.String()
}

// Man writes one manual page for each command into a folder.
func Man(root *cobra.Command, dir string) error {
	prepareFlags(root)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder for manual pages: %w", err)
	}
	for _, c := range pages(root) {
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(manual(root, c)), 0o644); err != nil {
			return fmt.Errorf("cannot write the manual page of %q: %w", c.CommandPath(), err)
		}
	}
	return nil
}

// manual gives a command's page in the man macros of roff.
func manual(root, c *cobra.Command) string {
	var page strings.Builder
	title := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&page, ".TH %q 1\n.SH NAME\n%s \\- %s\n", strings.ToUpper(title), roff(title), roff(c.Short))
	if c.Runnable() && !c.HasSubCommands() {
		fmt.Fprintf(&page, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	}
	fmt.Fprintf(&page, ".SH DESCRIPTION\n%s", roffText(describe(c)))
	for _, set := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"OPTIONS", c.NonInheritedFlags()}, {"OPTIONS OF ALL COMMANDS", c.InheritedFlags()}} {
		if c.IsAdditionalHelpTopicCommand() || !set.flags.HasAvailableFlags() {
			continue
		}
		fmt.Fprintf(&page, ".SH %s\n", set.title)
		set.flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			name, what, otherwise := flagParts(f)
			if otherwise != "" {
				what += " (default " + strings.Trim(otherwise, "`") + ")"
			}
			fmt.Fprintf(&page, ".TP\n.B %s\n%s\n", roff(name), roff(what))
		})
	}
	if c.HasExample() {
		fmt.Fprintf(&page, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(unindent(c.Example)))
	}
	var also []string
	for _, other := range pages(root) {
		if other != c && (other == root || other.Parent() == c || other.Parent() == c.Parent()) {
			also = append(also, `\fB`+roff(strings.ReplaceAll(other.CommandPath(), " ", "-"))+`\fR(1)`)
		}
	}
	fmt.Fprintf(&page, ".SH SEE ALSO\n%s\n", strings.Join(also, ", "))
	return page.String()
}
