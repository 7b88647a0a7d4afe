package layers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// exempt is the layer that may have options without defining any: it was not a
// layer of its own in the charms that set them.
const exempt = "charms.reactive"

// layerYAML joins the layers' layer.yaml, checks the options in it by what the
// layers define, and fills in defaults.
func (c *composer) layerYAML() {
	whole := &charmdir.Document{}
	defines := map[string]*yaml.Node{}
	for i, l := range c.Stack.Layers {
		part := l.doc.Clone()
		part.Root = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: slices.Clone(l.doc.Root.Content)}
		if n := part.Get("defines"); n != nil {
			defines[l.Name] = n
		}
		drop(part.Root, "defines", "is")
		c.normalise(part, l)
		if i == 0 {
			whole = part
			continue
		}
		whole = c.over("layer.yaml", whole, part)
	}
	top := c.Stack.Top()
	set(whole.Root, "is", text(top.URL()))
	c.Documents["layer.yaml"] = whole
	c.Files["layer.yaml"] = File{Layer: top.URL(), Kind: Dynamic, Mode: 0o644}
	c.options(whole, defines)
}

// normalise writes includes as a list, and says of which layer patterns are.
func (c *composer) normalise(part *charmdir.Document, l Layer) {
	if n := part.Get("includes"); n != nil {
		set(part.Root, "includes", list(n))
	}
	for _, key := range []string{"ignore", "ignores", "exclude", "excludes"} {
		if n := part.Get(key); n != nil && n.Kind != yaml.MappingNode {
			set(part.Root, key, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{text(l.Name), list(n)}})
		}
	}
}

// options checks the options and fills in what the definitions have as default.
func (c *composer) options(doc *charmdir.Document, defines map[string]*yaml.Node) {
	given := map[string]any{}
	if n := doc.Get("options"); n != nil {
		if err := n.Decode(&given); err != nil {
			c.problems = append(c.problems, doc.At("options are a mapping from layers to their options", "", "options"))
			return
		}
	}
	for _, layer := range slices.Sorted(maps.Keys(given)) {
		if defines[layer] == nil && layer != exempt {
			known := slices.Sorted(maps.Keys(defines))
			c.problems = append(c.problems, doc.At(fmt.Sprintf("options set for undefined layer: %s%s", layer, nearest.Hint(layer, known)), "", "options", layer))
		}
	}
	for _, layer := range slices.Sorted(maps.Keys(defines)) {
		if _, ok := given[layer]; !ok {
			given[layer] = map[string]any{}
		}
		c.optionsOf(doc, layer, defines[layer], given[layer])
	}
	if len(given) == 0 {
		return
	}
	c.Options = given
	var n yaml.Node
	if err := n.Encode(given); err != nil {
		c.problems = append(c.problems, doc.At(err.Error(), "", "options"))
		return
	}
	set(doc.Root, "options", &n)
}

// optionsOf checks the options of one layer.
func (c *composer) optionsOf(doc *charmdir.Document, layer string, defines *yaml.Node, given any) {
	var properties map[string]any
	if err := defines.Decode(&properties); err != nil {
		c.problems = append(c.problems, doc.Problem(defines, fmt.Sprintf("defines of layer %q are a mapping from names to JSON schemas", layer), ""))
		return
	}
	definition := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	fillIn(definition, given)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	err := compiler.AddResource("layer:///defines", plainJSON(definition))
	var schema *jsonschema.Schema
	if err == nil {
		schema, err = compiler.Compile("layer:///defines")
	}
	if err != nil {
		c.problems = append(c.problems, doc.Problem(defines, fmt.Sprintf("defines of layer %q are no JSON schema: %s", layer, reason(err)), ""))
		return
	}
	var wrong *jsonschema.ValidationError
	if errors.As(schema.Validate(plainJSON(given)), &wrong) {
		for _, leaf := range leaves(wrong) {
			where := append([]string{"options", layer}, leaf.InstanceLocation...)
			if more, ok := leaf.ErrorKind.(*kind.AdditionalProperties); ok {
				for _, name := range more.Properties {
					hint := nearest.Hint(name, slices.Sorted(maps.Keys(properties)))
					c.problems = append(c.problems, doc.At(fmt.Sprintf("layer %q has no option %q%s", layer, name, hint), "", append(where, name)...))
				}
				continue
			}
			text := leaf.DetailedOutput().Error.String()
			c.problems = append(c.problems, doc.At(fmt.Sprintf("option %s: %s", strings.Join(where[1:], "."), text), "", where...))
		}
	}
}

// fillIn puts the defaults of a schema's properties where a value is missing.
func fillIn(schema map[string]any, value any) {
	object, ok := value.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	if !ok {
		return
	}
	for name, property := range properties {
		definition, ok := property.(map[string]any)
		if !ok {
			continue
		}
		if otherwise, has := definition["default"]; has {
			if _, given := object[name]; !given {
				object[name] = otherwise
			}
		}
		fillIn(definition, object[name])
	}
}

// leaves are the mistakes themselves, without those that only contain them.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// reason is the innermost of what is wrong with a schema.
func reason(err error) string {
	var invalid *jsonschema.SchemaValidationError
	if errors.As(err, &invalid) {
		err = invalid.Err
	}
	var wrong *jsonschema.ValidationError
	if errors.As(err, &wrong) {
		leaf := leaves(wrong)[0]
		at := strings.Join(leaf.InstanceLocation, ".")
		return strings.TrimPrefix(at, "properties.") + ": " + leaf.DetailedOutput().Error.String()
	}
	return err.Error()
}

// plainJSON gives a value in the types that JSON has.
func plainJSON(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, one := range v {
			out[key] = plainJSON(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = plainJSON(one)
		}
		return out
	case int:
		return float64(v)
	}
	return value
}
