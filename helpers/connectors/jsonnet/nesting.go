package jsonnet

import "bytes"

// nesting says where brackets first lie deeper than max in a Jsonnet text, by
// line from 1, and 0 if they do not. It looks at a text before the parser
// does, which a deep one would kill, and so knows just enough of the language
// to leave out strings and comments.
func nesting(text []byte, max int) (line int) {
	line = 1
	depth := 0
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '[', '{', '(':
			if depth++; depth > max {
				return line
			}
		case ']', '}', ')':
			depth--
		default:
			if n := skip(text[i:]); n > 0 {
				line += bytes.Count(text[i:i+n], []byte("\n"))
				i += n
				continue
			}
			if c == '\n' {
				line++
			}
		}
		i++
	}
	return 0
}

// skip gives the length of the string or comment a text begins with, or 0.
func skip(text []byte) int {
	switch {
	case text[0] == '#', bytes.HasPrefix(text, []byte("//")):
		return through(text, "\n")
	case bytes.HasPrefix(text, []byte("/*")):
		return 2 + through(text[2:], "*/")
	case bytes.HasPrefix(text, []byte("|||")):
		return block(text)
	case text[0] == '"', text[0] == '\'':
		return quoted(text, '\\')
	case text[0] == '@' && len(text) > 1 && (text[1] == '"' || text[1] == '\''):
		return 1 + quoted(text[1:], 0)
	}
	return 0
}

// through gives the length of a text up to and with what ends it.
func through(text []byte, end string) int {
	if i := bytes.Index(text, []byte(end)); i >= 0 {
		return i + len(end)
	}
	return len(text)
}

// quoted gives the length of a string. In @-strings nothing escapes; a doubled
// quote there is two strings side by side, which is as good here.
func quoted(text []byte, escape byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case escape != 0 && text[i] == escape:
			i++
		case text[i] == text[0]:
			return i + 1
		}
	}
	return len(text)
}

// block gives the length of a text block. Its first line's indentation is that
// of all its lines, and the first line with less ends it.
func block(text []byte) int {
	at := through(text, "\n")
	indentation := text[at : at+blanks(text[at:])]
	for at < len(text) {
		end := at + through(text[at:], "\n")
		line := text[at:end]
		if len(bytes.TrimSpace(line)) > 0 && (len(indentation) == 0 || !bytes.HasPrefix(line, indentation)) {
			at += blanks(line)
			return at + len(text[at:]) - len(bytes.TrimPrefix(text[at:], []byte("|||")))
		}
		at = end
	}
	return len(text)
}

// blanks is how many a text begins with.
func blanks(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " \t")) }
