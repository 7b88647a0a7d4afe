package main

import (
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// fields splits what an environment variable lists by blanks or commas.
func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func orElse(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// count gives "1 connector" or "3 connectors".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// list names some things, and how many more there are.
func list(names []string, most int) string {
	shown := names[:min(len(names), most)]
	text := terminal.Clean(strings.Join(shown, ", "))
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// capital begins a text with a capital letter.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
