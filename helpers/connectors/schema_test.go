package connectors

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

const (
	schemaFile = "../../docs/reference/connectors.schema.json"
	folderPage = "../../docs/reference/connectors-folder.md"
)

// A schema is the part of JSON Schema that connectors.schema.json uses.
type schema struct {
	Description string
	Ref         string `json:"$ref"`
	Properties  map[string]*schema
	Additional  json.RawMessage `json:"additionalProperties"`
	Definitions map[string]*schema
	Pattern     string
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	s := new(schema)
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// follow gives what a reference in the schema leads to.
func (s *schema) follow(part *schema) *schema {
	if name, refers := strings.CutPrefix(part.Ref, "#/definitions/"); refers {
		return s.Definitions[name]
	}
	return part
}

// The published schema has the keys of the types, no more and no fewer, and
// says something about each.
func TestSchemaHasTheKeys(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	seen := 0
	var walk func(at string, part *schema, of reflect.Type)
	walk = func(at string, part *schema, of reflect.Type) {
		part = s.follow(part)
		for of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() == reflect.Map {
			each := new(schema)
			if err := json.Unmarshal(part.Additional, each); err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			walk(at+".*", each, of.Elem())
			return
		}
		if of.Kind() != reflect.Struct || of == reflect.TypeFor[variable]() || of.Name() == "textOrReference" || of.Name() == "pathOrReference" {
			return
		}
		seen++
		if string(part.Additional) != "false" {
			t.Errorf("%s: the schema allows keys that there are not", at)
		}
		fields := yamlFields(of)
		if got, want := sortedKeys(part.Properties), sortedKeys(fields); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has the keys %v; the type has %v", at, got, want)
			return
		}
		for name, property := range part.Properties {
			if property.Description == "" {
				t.Errorf("%s.%s: the schema says nothing about it", at, name)
			}
			walk(at+"."+name, property, fields[name])
		}
	}
	walk("", s, reflect.TypeFor[settings]())
	if seen < 10 {
		t.Errorf("only %d types were compared", seen)
	}
}

// What the schema takes and refuses, reading takes and refuses.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	compiled, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"": true, "owner: a": true, "owner: a/b": false, "owner: 3": false, "ovner: a": false,
		"environments: {prod: }": true, "environments: [a]": false,
		"environments: {prod: {clusters: {a: {urls: [http://x]}}}}":                                                                                           true,
		"environments: {prod: {clusters: {a: {urls: ['https://x.{env}:8083/y']}}}}":                                                                           true,
		"environments: {prod: {clusters: {a: {urls: [x]}}}}":                                                                                                  false,
		"environments: {prod: {clusters: {a: {urls: ['http://u:p@x']}}}}":                                                                                     false,
		"environments: {prod: {clusters: {a: {urls: http://x}}}}":                                                                                             false,
		"defaults: {clusters: {a: {auth: {bearer: {env: A}}}}}":                                                                                               true,
		"defaults: {clusters: {a: {auth: {bearer: x}}}}":                                                                                                      false,
		"defaults: {clusters: {a: {auth: {bearer: {env: A, file: b}}}}}":                                                                                      false,
		"defaults: {clusters: {a: {auth: {bearer: {env: ''}}}}}":                                                                                              false,
		"defaults: {clusters: {a: {auth: {basic: {username: x}}}}}":                                                                                           false,
		"defaults: {clusters: {a: {auth: {basic: {username: x, password: {command: [pass, x]}}, headers: {A: {file: f}}}}}}":                                  true,
		"defaults: {clusters: {a: {tls: {ca: a.pem, certificate: {env: C}, key: {file: k}, server-name: x, insecure: true}}}}":                                true,
		"defaults: {clusters: {a: {tls: {certificate: c, key: k}}}}":                                                                                          false,
		"defaults: {clusters: {a: {tls: {insecure: 1}}}}":                                                                                                     false,
		"defaults: {policy: {prune: true, max-delete: 1, adopt: false, without-owner: [a], ignore-keys: ['a.*'], allow-passwords: true, max-unavailable: 3}}": true,
		"defaults: {policy: {max-delete: 0}}":                                                                                                                 false, "defaults: {policy: {max-delete: 1.1}}": false, "defaults: {policy: {max-unavailable: 0}}": false,
		"defaults: {policy: {max-unavailable: 1.5}}": false, "defaults: {policy: {prune: yes please}}": false, "defaults: {policy: {ignore-keys: ['']}}": false,
		"defaults: {variables: {a: x, b: 1, c: [1], d: {e: f}, g: {env: X}, h: {file: x.json}, i: {}, j: null, k: {env: X, other: y}}}": true,
		"defaults: {variables: {a: {command: x}}}": false,
	} {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if value == nil {
			value = map[string]any{}
		}
		bySchema := compiled.Validate(plain(t, value))
		_, byReading := parseSettings([]byte(text))
		if (bySchema == nil) != want || (byReading == nil) != want {
			t.Errorf("%s\nthe schema says %v,\nreading says %v; want it taken: %t", text, bySchema, byReading, want)
		}
	}
}

// plain makes a value one that JSON gives.
func plain(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	back, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// The page that explains the folder lists the keys with what the schema says
// of them.
func TestFolderPage(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	var b strings.Builder
	b.WriteString("| key | says |\n| --- | --- |\n")
	var list func(at string, part *schema)
	list = func(at string, part *schema) {
		for _, name := range sortedKeys(part.Properties) {
			property := part.Properties[name]
			fmt.Fprintf(&b, "| `%s%s` | %s |\n", at, name, property.Description)
			next := s.follow(property)
			var each schema
			if json.Unmarshal(next.Additional, &each) == nil && each.Ref != "" {
				next = s.follow(&each)
				name += ".*"
			}
			if property.Ref != "#/definitions/reference" && each.Ref != "#/definitions/reference" {
				list(at+name+".", next)
			}
		}
	}
	environment := s.Definitions["environment"]
	list("", &schema{Properties: map[string]*schema{"owner": s.Properties["owner"], "defaults": {Description: s.Properties["defaults"].Description},
		"environments": {Description: s.Properties["environments"].Description}}})
	list("environments.*.", environment)
	page, err := os.ReadFile(folderPage)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- keys: made from connectors.schema.json by go test ./helpers/connectors -run FolderPage -update -->\n", "<!-- end of keys -->"
	before, rest, found := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the keys", folderPage)
	}
	made := before + begin + b.String() + end + after
	if made != string(page) {
		t.Errorf("%s does not list the keys of the schema; here is what it should list:\n%s", folderPage, b.String())
	}
	if flag.Lookup("update").Value.String() == "true" { // golden_test.go defines it
		if err := os.WriteFile(folderPage, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
