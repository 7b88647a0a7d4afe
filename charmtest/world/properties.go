package world

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Mounted reads the worker's properties file among the files that are mounted into a pod.
func Mounted(files map[string][]byte) (map[string]string, error) {
	for name, text := range files {
		if path.Base(name) == "connect-distributed.properties" {
			return parseProperties(string(text))
		}
	}
	return nil, errors.New("cannot start a Connect worker: no connect-distributed.properties is mounted")
}

// parseProperties reads Java's properties format as java.util.Properties does,
// but for lines continued by a backslash, which nobody here writes.
func parseProperties(text string) (map[string]string, error) {
	properties := map[string]string{}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		end := separator(line)
		key, err := unescape(line[:end])
		if err != nil {
			return nil, fmt.Errorf("cannot read line %d of the properties: %w", number+1, err)
		}
		rest := strings.TrimLeft(line[end:], " \t\f")
		if rest != "" && (rest[0] == '=' || rest[0] == ':') {
			rest = strings.TrimLeft(rest[1:], " \t\f")
		}
		value, err := unescape(rest)
		if err != nil {
			return nil, fmt.Errorf("cannot read line %d of the properties: %w", number+1, err)
		}
		properties[key] = value
	}
	return properties, nil
}

// separator finds where the key ends: at the first =, : or blank that is not escaped.
func separator(line string) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '=', ':', ' ', '\t', '\f':
			return i
		}
	}
	return len(line)
}

func unescape(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if i == len(text) {
			return "", errors.New("it ends with a backslash")
		}
		switch text[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			if i+4 >= len(text) {
				return "", errors.New(`\u needs four digits`)
			}
			unit, err := strconv.ParseUint(text[i+1:i+5], 16, 16)
			if err != nil {
				return "", fmt.Errorf(`\u needs four digits: %w`, err)
			}
			b.WriteRune(rune(unit))
			i += 4
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), nil
}
