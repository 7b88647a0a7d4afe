package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// A kind is what a value is. Its text is how messages call it.
type kind string

const (
	isNull    kind = "null"
	isBoolean kind = "a boolean"
	isNumber  kind = "a number"
	isText    kind = "text"
	isObject  kind = "an object"
	isList    kind = "an array"
)

// A datum is a value of a file, in the order it was written, with its line.
type datum struct {
	kind   kind
	text   string  // of a boolean, number or text
	fields []field // of an object
	items  []datum // of a list
	line   int
}

type field struct {
	key   string
	value datum
}

// leaves calls a function with every text and number in a value.
func (d datum) leaves(do func(string)) {
	if (d.kind == isText || d.kind == isNumber) && d.text != "" {
		do(d.text)
	}
	for _, f := range d.fields {
		f.value.leaves(do)
	}
	for _, item := range d.items {
		item.leaves(do)
	}
}

// appendJSON writes the value as JSON.
func (d datum) appendJSON(b []byte) []byte {
	switch d.kind {
	case isNull:
		return append(b, "null"...)
	case isText:
		return appendText(b, d.text)
	case isObject:
		b = append(b, '{')
		for i, f := range d.fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, f.key), ':')
			b = f.value.appendJSON(b)
		}
		return append(b, '}')
	case isList:
		b = append(b, '[')
		for i, item := range d.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	}
	return append(b, d.text...) // numbers and booleans are written alike
}

func appendText(b []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a string always can be
	return append(b, quoted...)
}

// A lineError is wrong at a line.
type lineError struct {
	line    int
	message string
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.message) }

// maxDepth is how deep values may lie in each other; configurations are flat.
const maxDepth = 100

// decodeJSON reads one JSON value. It keeps numbers as they are written, and
// takes a key that comes twice for a mistake.
func decodeJSON(text []byte) (datum, error) {
	if !utf8.Valid(text) {
		return datum{}, &lineError{1, "this is not UTF-8"}
	}
	r := &jsonReader{text: text, decoder: json.NewDecoder(bytes.NewReader(text)), line: 1}
	r.decoder.UseNumber()
	value, err := r.value(0)
	if err == nil {
		if _, more := r.decoder.Token(); more != io.EOF {
			err = &lineError{r.at(), "there is something behind the value"}
		}
	}
	var syntax *json.SyntaxError
	var known *lineError
	switch {
	case errors.As(err, &known):
	case errors.As(err, &syntax):
		err = &lineError{1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")), syntax.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = &lineError{1 + bytes.Count(text, []byte("\n")), "the file ends in the middle of a value"}
	}
	return value, err
}

type jsonReader struct {
	text    []byte
	decoder *json.Decoder
	offset  int64 // counted up to
	line    int
}

// at is the line of the token read last.
func (r *jsonReader) at() int {
	now := r.decoder.InputOffset()
	r.line += bytes.Count(r.text[r.offset:now], []byte("\n"))
	r.offset = now
	return r.line
}

func (r *jsonReader) value(depth int) (datum, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return datum{}, err
	}
	d := datum{line: r.at()}
	if depth > maxDepth {
		return d, &lineError{d.line, fmt.Sprintf("values lie more than %d deep in each other", maxDepth)}
	}
	switch token := token.(type) {
	case nil:
		d.kind = isNull
	case bool:
		d.kind, d.text = isBoolean, fmt.Sprint(token)
	case json.Number:
		d.kind, d.text = isNumber, token.String()
	case string:
		d.kind, d.text = isText, token
	case json.Delim:
		if token == '{' {
			d.kind = isObject
			d.fields, err = r.fields(depth)
		} else {
			d.kind = isList
			d.items, err = r.items(depth)
		}
	}
	return d, err
}

func (r *jsonReader) fields(depth int) (fields []field, err error) {
	seen := map[string]bool{}
	for r.decoder.More() {
		key, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // the decoder gives nothing else here
		if seen[name] {
			return nil, &lineError{r.at(), fmt.Sprintf("the key %q comes twice", name)}
		}
		seen[name] = true
		value, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{name, value})
	}
	_, err = r.decoder.Token() // }
	return fields, err
}

func (r *jsonReader) items(depth int) (items []datum, err error) {
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err = r.decoder.Token() // ]
	return items, err
}

// maxNodes is how many values a YAML file may unfold to; aliases make many of
// few.
const maxNodes = 100_000

// decodeYAML reads one YAML document, with anchors, aliases and merge keys.
func decodeYAML(text []byte) (datum, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); err == io.EOF {
		return datum{}, &lineError{1, "the file is empty"}
	} else if err != nil {
		m := settingsMistake(err.Error())
		return datum{}, &lineError{max(m.Line, 1), m.Message}
	}
	if decoder.Decode(new(yaml.Node)) != io.EOF {
		return datum{}, &lineError{1, "the file holds several documents: make it one, with a list"}
	}
	r := yamlReader{left: maxNodes}
	return r.value(document.Content[0], 0)
}

type yamlReader struct{ left int }

func (r *yamlReader) value(node *yaml.Node, depth int) (datum, error) {
	if r.left--; r.left < 0 || depth > maxDepth {
		return datum{}, &lineError{node.Line, "aliases unfold to more than a file may hold"}
	}
	d := datum{line: node.Line}
	var err error
	switch node.Kind {
	case yaml.AliasNode:
		return r.value(node.Alias, depth+1)
	case yaml.MappingNode:
		d.kind = isObject
		d.fields, err = r.fields(node, depth)
	case yaml.SequenceNode:
		d.kind = isList
		for _, item := range node.Content {
			value, wrong := r.value(item, depth+1)
			if wrong != nil {
				return d, wrong
			}
			d.items = append(d.items, value)
		}
	default:
		d.kind, d.text, err = yamlScalar(node)
	}
	return d, err
}

func (r *yamlReader) fields(node *yaml.Node, depth int) (fields []field, err error) {
	own := map[string]bool{}
	var merged []field
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		value, err := r.value(node.Content[i+1], depth+1)
		switch {
		case err != nil:
			return nil, err
		case key.Tag == "!!merge":
			merged = append(merged, inherited(value)...)
			continue
		case key.Kind != yaml.ScalarNode:
			return nil, &lineError{key.Line, "a key is text"}
		case own[key.Value]:
			return nil, &lineError{key.Line, fmt.Sprintf("the key %q comes twice", key.Value)}
		}
		own[key.Value] = true
		fields = append(fields, field{key.Value, value})
	}
	for _, f := range merged { // what is nearer wins
		if !own[f.key] {
			own[f.key] = true
			fields = append(fields, f)
		}
	}
	return fields, nil
}

// inherited are the fields of what a merge key leads to: a mapping or several.
func inherited(value datum) []field {
	fields := value.fields
	for _, item := range value.items {
		fields = append(fields, item.fields...)
	}
	return fields
}

// jsonNumber is how a number is written in JSON. YAML has more ways, such as
// 0x10, 010 and 1_000, that not everybody reads alike.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func yamlScalar(node *yaml.Node) (kind, string, error) {
	switch node.ShortTag() {
	case "!!str", "!!timestamp":
		return isText, node.Value, nil
	case "!!null":
		return isNull, "", nil
	case "!!bool":
		return isBoolean, strings.ToLower(node.Value), nil
	case "!!int", "!!float":
		if jsonNumber.MatchString(node.Value) {
			return isNumber, node.Value, nil
		}
		return "", "", &lineError{node.Line, fmt.Sprintf("not everybody reads %s as the same number: write it plainly, or in quotes", node.Value)}
	}
	return "", "", &lineError{node.Line, fmt.Sprintf("a value of the type %s is none Connect knows: write it in quotes", node.Tag)}
}
