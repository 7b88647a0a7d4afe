package kube

// Java properties, written so that java.util.Properties.load reads back what
// was meant.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// propertiesFile renders properties one to a line, sorted by key, as ASCII:
// Kafka reads the file as ISO 8859-1, where anything else has to be written as
// \uXXXX (java.util.Properties).
func propertiesFile(properties map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		escapeProperty(&b, key, true)
		b.WriteByte('=')
		escapeProperty(&b, properties[key], false)
		b.WriteByte('\n')
	}
	return b.String()
}

// escapeProperty writes a key or a value. In a key every blank, separator and
// comment sign ends or hides it; in a value only a leading blank is lost.
func escapeProperty(b *strings.Builder, text string, isKey bool) {
	for i, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == ' ' && (isKey || i == 0):
			b.WriteString(`\ `)
		case isKey && strings.ContainsRune("=:#!", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r > 0x7e:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(b, `\u%04X`, unit)
			}
		default:
			b.WriteRune(r)
		}
	}
}
