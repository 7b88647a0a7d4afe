package juju

// Values on their way to a hook tool. relation-set and state-set read a YAML
// map from standard input; written with every key and value in double quotes,
// a value stays the text it is, whatever YAML would otherwise make of it.

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxKey is Juju's limit for a state key; relation data has none, but a longer
// key is a mistake there as well.
const maxKey = 256

// encodeMap writes a map as YAML, sorted by key.
func encodeMap(values map[string]string) []byte {
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(values)) {
		quote(&b, key)
		b.WriteString(": ")
		quote(&b, values[key])
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		b.WriteString("{}\n")
	}
	return b.Bytes()
}

// quote writes a double-quoted YAML scalar on one line. Everything that some
// YAML reader takes for a line break or refuses is escaped.
func quote(b *bytes.Buffer, text string) {
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < 0x20 || r >= 0x7f && r <= 0xa0:
			fmt.Fprintf(b, `\x%02x`, r)
		case r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xfdd0 && r <= 0xfdef || r >= 0xfffe && r <= 0xffff:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// checkPair says what Juju could not keep of a key and its value.
func checkPair(key, value string) error {
	return errors.Join(checkKey(key), checkValue(key, value))
}

func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("a key is empty")
	case len(key) > maxKey:
		return fmt.Errorf("the key %.40q… has %d bytes, %d at most", key, len(key), maxKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return fmt.Errorf("the key %q has characters that are not text", key)
	}
	return nil
}

func checkValue(key, value string) error {
	switch {
	case strings.ContainsRune(value, 0):
		return fmt.Errorf("the value of %q holds a NUL character", key)
	case !utf8.ValidString(value):
		return fmt.Errorf("the value of %q is not UTF-8", key)
	}
	return nil
}
