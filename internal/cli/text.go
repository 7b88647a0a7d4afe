package cli

import (
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// prepareFlags adds the flags that cobra adds only when a command runs.
func prepareFlags(root *cobra.Command) {
	cobra.EnableCommandSorting = false // cobra has this for the whole process only
	each(root, func(c *cobra.Command) {
		c.DisableFlagsInUseLine = true
		c.Flags().SortFlags, c.PersistentFlags().SortFlags = false, false
		c.InitDefaultHelpFlag()
		c.InheritedFlags().SortFlags = false
		if help := c.Flags().Lookup("help"); help != nil {
			help.Hidden = c != root
		}
	})
}

func describe(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short
}

// flagParts gives a flag as it is written, what it means, and its default.
func flagParts(f *pflag.Flag) (name, what, otherwise string) {
	value, what := pflag.UnquoteUsage(f)
	name = "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	if value != "" {
		name += " " + value
	}
	switch f.DefValue {
	case "", "false", "[]", "0", "0s":
	default:
		otherwise = "`" + f.DefValue + "`"
	}
	return name, what, otherwise
}

// Word is a text as one word of a command line for a shell.
func Word(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:=@%+,", r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// unindent takes the two spaces away that examples have in the help.
func unindent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}

// markdown keeps the indented paragraphs of a help text as they are.
func markdown(text string) string {
	escape := strings.NewReplacer("<", `\<`, "*", `\*`, "|", `\|`)
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		if strings.HasPrefix(paragraph, "  ") {
			paragraphs[i] = "```\n" + unindent(paragraph) + "\n```"
		} else {
			paragraphs[i] = escape.Replace(paragraph)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// roff escapes what the typesetter would take for its own.
func roff(text string) string {
	text = strings.ReplaceAll(text, `\`, `\e`)
	text = strings.ReplaceAll(text, "-", `\-`)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// roffText sets paragraphs, and leaves indented parts as they are.
func roffText(text string) string {
	var out strings.Builder
	for _, paragraph := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(paragraph, "  ") {
			out.WriteString(".PP\n.nf\n" + roff(paragraph) + "\n.fi\n")
			continue
		}
		out.WriteString(".PP\n" + roff(paragraph) + "\n")
	}
	return out.String()
}
