package connectors

// A plan for whoever reviews a pull request.

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// markdownLimit is how many bytes of details are written: forges refuse
// comments of more than 65,536 characters.
const markdownLimit = 48_000

// Markdown writes the plan as GitHub and GitLab show it in a pull request: the
// summary, and a line for each connector that opens to its keys. When there
// are too many for one comment, the later ones are only named, then counted.
// No secret is in it.
func (p *Plan) Markdown(out io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "**%s**\n", p.Summary())
	if p.Refused != "" {
		fmt.Fprintf(&b, "\n> **Refused:** %s.\n", inline(p.Refused))
	}
	var short, counted int
	for _, s := range p.Steps {
		if !s.Action.changes() && s.Action != Conflict && (s.Action != Unchanged || s.Health == "") {
			continue
		}
		details := s.markdown()
		line := fmt.Sprintf("\n- `%s` %s: %s\n", s.mark(), inline(s.Name), s.what())
		switch {
		case b.Len()+len(details) <= markdownLimit:
			b.WriteString(details)
		case b.Len()+len(line) <= markdownLimit+8_000:
			b.WriteString(line)
			short++
		default:
			counted++
		}
	}
	if counted > 0 {
		fmt.Fprintf(&b, "\nand %d more, of which there is no room to tell.\n", counted)
	} else if short > 0 {
		fmt.Fprintf(&b, "\n%d are only named, as there is no room to tell more.\n", short)
	}
	_, err := out.Write(b.Bytes())
	return err
}

func (s Step) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n<details><summary><code>%s</code> <b>%s</b>: %s", html.EscapeString(s.mark()), html.EscapeString(terminal.Clean(s.Name)), s.what())
	if s.Source.File != "" {
		fmt.Fprintf(&b, " (%s)", html.EscapeString(terminal.Clean(s.Source.String())))
	}
	b.WriteString("</summary>\n\n")
	if s.Reason != "" {
		b.WriteString(inline(s.Reason) + "\n\n")
	}
	if s.Health != "" {
		b.WriteString("Now not well: " + inline(s.Health) + "\n\n")
	}
	if changes := shownChanges(s); len(changes) > 0 {
		var lines []string
		for _, c := range changes {
			key := terminal.Clean(c.key)
			switch {
			case c.mark != "~" || c.secret:
				mark := strings.ReplaceAll(c.mark, "~", "!")
				lines = append(lines, fmt.Sprintf("%s %s = %s", mark, key, c.value()))
			default:
				lines = append(lines, fmt.Sprintf("- %s = %s", key, quoted(*c.old)), fmt.Sprintf("+ %s = %s", key, quoted(*c.new)))
			}
		}
		text := strings.Join(lines, "\n")
		fence := "```"
		for strings.Contains(text, fence) {
			fence += "`"
		}
		fmt.Fprintf(&b, "%sdiff\n%s\n%s\n\n", fence, text, fence)
	}
	b.WriteString("</details>\n")
	return b.String()
}

// inline makes text harmless inside a paragraph.
func inline(text string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "|", `\|`, "@", "@\u200b").
		Replace(html.EscapeString(terminal.Clean(text)))
}
