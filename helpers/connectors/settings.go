package connectors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// settings are what connectors.yaml holds. Its published form for editors is
// docs/reference/connectors.schema.json, which a test holds equal to these
// types.
type settings struct {
	Owner        ownerName                      `yaml:"owner"`
	Defaults     environmentSettings            `yaml:"defaults"`
	Environments map[string]environmentSettings `yaml:"environments"`
}

type environmentSettings struct {
	Clusters  map[string]clusterSettings `yaml:"clusters"`
	Variables map[string]variable        `yaml:"variables"`
	Policy    policySettings             `yaml:"policy"`
}

type clusterSettings struct {
	URLs  []address     `yaml:"urls"`
	Auth  *authSettings `yaml:"auth"`
	TLS   *tlsSettings  `yaml:"tls"`
	Files []filePattern `yaml:"files"`
}

type authSettings struct {
	Basic   *basicSettings       `yaml:"basic"`
	Bearer  *reference           `yaml:"bearer"`
	Headers map[string]reference `yaml:"headers"`
}

type basicSettings struct {
	Username textOrReference `yaml:"username"`
	Password reference       `yaml:"password"`
}

type tlsSettings struct {
	CA          pathOrReference `yaml:"ca"`
	Certificate pathOrReference `yaml:"certificate"`
	Key         reference       `yaml:"key"`
	ServerName  string          `yaml:"server-name"`
	Insecure    bool            `yaml:"insecure"`
}

// policySettings are pointers so that an environment's win over the defaults'
// even where they are false or zero.
type policySettings struct {
	Prune          *bool         `yaml:"prune"`
	MaxDelete      *share        `yaml:"max-delete"`
	Adopt          *bool         `yaml:"adopt"`
	WithoutOwner   []string      `yaml:"without-owner"`
	IgnoreKeys     []filePattern `yaml:"ignore-keys"`
	AllowPasswords *bool         `yaml:"allow-passwords"`
	MaxUnavailable *count        `yaml:"max-unavailable"`
}

// readSettings reads a folder's connectors.yaml, if there is one.
func readSettings(dir string) (settings, error) {
	name := filepath.Join(dir, SettingsFile)
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return settings{}, nil
	}
	text, err := readReferred(name)
	if err != nil {
		return settings{}, fmt.Errorf("cannot read %s: %w", SettingsFile, err)
	}
	return parseSettings([]byte(text))
}

func parseSettings(text []byte) (settings, error) {
	const what = "use " + SettingsFile
	var s settings
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err == io.EOF {
		return s, nil
	} else if err != nil {
		return s, orNil(what, []Mistake{settingsMistake(err.Error())})
	}
	var wrong []Mistake
	if err := document.Decode(&s); err != nil {
		var typed *yaml.TypeError
		if !errors.As(err, &typed) {
			return s, orNil(what, []Mistake{settingsMistake(err.Error())})
		}
		for _, text := range typed.Errors {
			wrong = append(wrong, settingsMistake(text))
		}
	}
	wrong = append(wrong, unknownKeys(document.Content[0], reflect.TypeFor[settings](), "")...)
	if decoder.Decode(new(yaml.Node)) != io.EOF {
		wrong = append(wrong, Mistake{File: SettingsFile, Message: "holds several documents: only one is read"})
	}
	if len(wrong) == 0 { // else what is left out of s would be taken for missing
		wrong = s.check()
	}
	slices.SortStableFunc(wrong, func(a, b Mistake) int { return a.Line - b.Line })
	return s, orNil(what, slices.Compact(wrong))
}

var (
	yamlLine = regexp.MustCompile(`(?s)^(?:yaml: )?(?:line (\d+): )?(.*)$`)
	yamlType = regexp.MustCompile(`(?s)^cannot unmarshal !!(\w+).* into (\S+)$`)
)

// settingsMistake makes a mistake of what the YAML library says, without the
// value that it quotes.
func settingsMistake(text string) Mistake {
	parts := yamlLine.FindStringSubmatch(text)
	line, _ := strconv.Atoi(parts[1]) // none is 0
	message := parts[2]
	if parts := yamlType.FindStringSubmatch(message); parts != nil {
		message = fmt.Sprintf("%s is not expected here%s", kindOf(parts[1]), expected(parts[2]))
	}
	return Mistake{File: SettingsFile, Line: line, Message: message}
}

func kindOf(tag string) string {
	switch tag {
	case "map":
		return "a mapping"
	case "seq":
		return "a list"
	case "str":
		return "text"
	case "int", "float":
		return "a number"
	case "bool":
		return "true or false"
	}
	return tag
}

func expected(goType string) string {
	switch {
	case goType == "bool":
		return ": write true or false"
	case goType == "string":
		return ": write text"
	case strings.HasPrefix(goType, "[]"):
		return ": write a list"
	}
	return ": write a mapping"
}

// unknownKeys finds the keys that a type does not have, and where.
func unknownKeys(node *yaml.Node, t reflect.Type, at string) (wrong []Mistake) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil
	}
	if node.Kind == yaml.SequenceNode && (t.Kind() == reflect.Slice || at == "<<") {
		for _, item := range node.Content {
			wrong = append(wrong, unknownKeys(item, elem(t), at)...)
		}
		return wrong
	}
	if node.Kind != yaml.MappingNode {
		return nil // of a wrong kind, which decoding says
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch {
		case key.Tag == "!!merge":
			wrong = append(wrong, unknownKeys(value, t, "<<")...)
		case t.Kind() == reflect.Map:
			wrong = append(wrong, unknownKeys(value, t.Elem(), key.Value)...)
		case t.Kind() == reflect.Struct:
			fields := yamlFields(t)
			if field, known := fields[key.Value]; known {
				wrong = append(wrong, unknownKeys(value, field, key.Value)...)
				continue
			}
			names := sortedKeys(fields)
			wrong = append(wrong, Mistake{File: SettingsFile, Line: key.Line, Column: key.Column, Message: fmt.Sprintf(
				"there is no key %q here%s (there are %s)", key.Value, nearest.Hint(key.Value, names), strings.Join(names, ", "))})
		}
	}
	return wrong
}

// elem is a slice's element type; a list of merged mappings is of the type
// they are merged into.
func elem(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

// yamlFields gives a struct's fields by their names in YAML.
func yamlFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}
