package kube

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestPropertiesAreEscapedForJava(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, value, want string }{
		{"a", "b", `a=b`},
		{"empty", "", `empty=`},
		{"a b", "c d", `a\ b=c d`},
		{"blank", "  x ", `blank=\  x `},
		{"k=:#!", "=:#!", `k\=\:\#\!==:#!`},
		{`back\slash`, `C:\x`, `back\\slash=C:\\x`},
		{"lines", "one\ntwo\r\n\tthree\f", `lines=one\ntwo\r\n\tthree\f`},
		{"é", "naïve ☃ 𝄞", `\u00E9=na\u00EFve \u2603 \uD834\uDD1E`},
		{"sasl.jaas.config", `org.x.ScramLoginModule required username="u" password="p=;";`,
			`sasl.jaas.config=org.x.ScramLoginModule required username="u" password="p=;";`},
		{"reference", "${file:/x:y}", `reference=${file:/x:y}`},
		{"bell", "\a\x00\x7f", `bell=\u0007\u0000\u007F`},
	} {
		if got := propertiesFile(map[string]string{c.key: c.value}); got != c.want+"\n" {
			t.Errorf("%q=%q is written %q, want %q", c.key, c.value, got, c.want)
		}
	}
	if got := propertiesFile(map[string]string{"b": "2", "a": "1"}); got != "a=1\nb=2\n" {
		t.Errorf("properties are not sorted: %q", got)
	}
}

// FuzzProperties reads back, by the rules of java.util.Properties.load, what
// was written.
func FuzzProperties(f *testing.F) {
	f.Add("a", "b")
	f.Add(" #k=", "\\ \n x\t")
	f.Add("\u2028𝄞", "!: \r")
	f.Fuzz(func(t *testing.T, key, value string) {
		key, value = strings.ToValidUTF8(key, "?"), strings.ToValidUTF8(value, "?")
		want := map[string]string{key: value, "other": "x"}
		written := propertiesFile(want)
		if got := loadProperties(written); !maps.Equal(got, want) {
			t.Errorf("%q reads back as %q", written, got)
		}
	})
}

// loadProperties is java.util.Properties.load for files without continued lines.
func loadProperties(file string) map[string]string {
	properties := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSuffix(file, "\n"), "\n") {
		line = strings.TrimLeft(line, " \t\f")
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "!") {
			continue
		}
		key, end := unescape(line, "=: \t\f")
		rest := strings.TrimLeft(line[end:], " \t\f")
		if rest != "" && (rest[0] == '=' || rest[0] == ':') {
			rest = strings.TrimLeft(rest[1:], " \t\f")
		}
		properties[key], _ = unescape(rest, "")
	}
	return properties
}

// unescape reads until one of stop and returns where it stopped.
func unescape(s, stop string) (string, int) {
	var units []uint16
	i := 0
	for ; i < len(s) && !strings.ContainsRune(stop, rune(s[i])); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			units = append(units, uint16(s[i])) // ISO 8859-1
			continue
		}
		i++
		switch s[i] {
		case 'n':
			units = append(units, '\n')
		case 'r':
			units = append(units, '\r')
		case 't':
			units = append(units, '\t')
		case 'f':
			units = append(units, '\f')
		case 'u':
			var unit uint16
			for _, digit := range s[i+1 : i+5] {
				unit = unit<<4 | uint16(strings.IndexRune("0123456789ABCDEF", digit))
			}
			units, i = append(units, unit), i+4
		default:
			units = append(units, uint16(s[i]))
		}
	}
	return string(utf16.Decode(units)), i
}
