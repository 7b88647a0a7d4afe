package connect

// Names of connectors: which are safe, and how they get into a path.

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckName refuses names that some workers accept and others mangle or refuse: a follower forwards "a/b" to a path that
// does not exist, "a;b" makes a connector "a", Kafka 4 has no path for "%" and "\\", and with "{" a connector is made
// and the answer is 500 (all seen on 3.9.2 and 4.3.1). The rest of Unicode is fine, blanks inside included.
func CheckName(name string) error {
	var why string
	switch {
	case name == "":
		why = "it is empty"
	case !utf8.ValidString(name):
		why = "it is not UTF-8"
	case name == "." || name == "..":
		why = "it means a folder in a path"
	case strings.ContainsAny(name, `/;\%{}`):
		why = `workers do not agree about "/", ";", "\", "%", "{" and "}"`
	case strings.ContainsFunc(name, unicode.IsControl):
		why = "it contains a control character"
	case strings.TrimSpace(name) != name:
		why = "it begins or ends with a blank"
	default:
		return nil
	}
	return &Error{Method: "name", Connector: name, Kind: Invalid, Message: why}
}

// segment encodes one part of a path. Everything but RFC 3986's unreserved characters is encoded, because
// url.PathEscape lets "+" and "=" through and workers rebuild the path when they forward.
func segment(name string) string {
	const unreserved = "-._~"
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(unreserved, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
