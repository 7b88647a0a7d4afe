package terminal

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Ink paints text, or leaves it as it is when false.
type Ink bool

// Bold, Faint, Red, Green, Yellow and Cyan are the ways to write.
func (i Ink) Bold(text string) string { return i.paint("1", text) }

// Faint is for what matters less.
func (i Ink) Faint(text string) string { return i.paint("2", text) }

// Red is for what is wrong or goes away.
func (i Ink) Red(text string) string { return i.paint("31", text) }

// Green is for what is well or new.
func (i Ink) Green(text string) string { return i.paint("32", text) }

// Yellow is for what changes or wants attention.
func (i Ink) Yellow(text string) string { return i.paint("33", text) }

// Cyan is for names that structure a text.
func (i Ink) Cyan(text string) string { return i.paint("36", text) }

func (i Ink) paint(code, text string) string {
	if !i || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

var codes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Length counts the characters of painted text that are seen.
func Length(text string) int {
	if strings.Contains(text, "\x1b") {
		text = codes.ReplaceAllString(text, "")
	}
	return utf8.RuneCountInString(text)
}

// Cut shortens plain text to so many characters, with "…" where some are missing.
func Cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}

// Clean makes text from elsewhere safe to show: control characters, which
// could move the cursor or change what was written before, become spaces.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}
