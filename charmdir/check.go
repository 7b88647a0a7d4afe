package charmdir

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	jujucharm "github.com/juju/charm/v12"
	"gopkg.in/yaml.v3"
)

// Files are the documents that [Check] looks at.
func Files() []string {
	return []string{"metadata.yaml", "config.yaml", "actions.yaml", "manifest.yaml", "lxd-profile.yaml"}
}

// Check gives everything for which Juju 3.6 or Juju 4 would refuse a charm of these documents, each at its place.
//
// Juju's own library gives the verdicts and stops at the first mistake, so it is asked about one endpoint, option,
// action, … at a time, in a charm that has nothing else. What Juju checks outside that library is checked here:
// names, that there is a manifest, and one name for one endpoint.
func Check(docs Documents) Problems {
	c := &checker{docs: docs, name: "c"}
	c.metadata()
	c.config()
	c.actions()
	c.manifest()
	c.profile()
	if c.problems.Err() == nil {
		c.whole()
	}
	return c.problems
}

type checker struct {
	docs     Documents
	name     string // of the charm
	problems Problems
}

func (c *checker) add(p Problem) { c.problems = append(c.problems, p) }

// The names Juju takes (github.com/juju/names/v5, of which the charm library uses a part only).
var (
	charmName    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`)
	endpointName = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	storageName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`)
)

const nameHint = "lower-case letters, digits and single hyphens; it begins with a letter, and so does or contains each part after a hyphen"

// roles are the sections of metadata.yaml that hold endpoints.
var roles = [...]string{"provides", "requires", "peers"}

func (c *checker) metadata() {
	d := c.docs["metadata.yaml"]
	if d == nil {
		c.add(Problem{File: "metadata.yaml", Text: "there is none", Hint: "a charm has at least name, summary and description"})
		return
	}
	for _, key := range []string{"name", "summary", "description"} {
		n := d.Get(key)
		switch {
		case n == nil:
			c.add(Problem{File: d.Name, Text: key + " is missing"})
		case n.Kind != yaml.ScalarNode || n.Tag != "!!str":
			c.add(d.At(key+" is no text", "put it in quotes", key))
		case key == "name" && !charmName.MatchString(n.Value):
			c.add(d.At(fmt.Sprintf("%q is no name for a charm", n.Value), nameHint, key))
		case key == "name":
			c.name = n.Value
		}
	}
	before := len(c.problems)
	c.endpoints(d)
	var with []string // what the rest may refer to; what is wrong with it is told once
	if len(c.problems) == before {
		with = roles[:]
	}
	Each(d.Root, func(key, value *yaml.Node) {
		switch {
		case slices.Contains(roles[:], key.Value), slices.Contains([]string{"name", "summary", "description"}, key.Value):
		case key.Value == "series":
			p := d.Problem(key, "Juju 4 reads no series, and 3.6 takes a charm with them for one of the old format", "the bases of manifest.yaml say on what it runs")
			p.Warning = true
			c.add(p)
		case slices.Contains([]string{"storage", "resources", "devices", "payloads"}, key.Value) && value.Kind == yaml.MappingNode:
			Each(value, func(name, what *yaml.Node) { c.part(d, key, name, what) })
		case key.Value == "subordinate" && with == nil: // whether there is an endpoint for it, nobody can tell yet
		case key.Value == "containers" && value.Kind == yaml.MappingNode:
			Each(value, func(name, what *yaml.Node) { c.part(d, key, name, what, "resources", "storage") })
		default:
			c.metaPiece(d, key, mapping(key, value), with...)
		}
	})
}

// part checks one named part of a section: a storage, a resource, a container.
func (c *checker) part(d *Document, section, name, what *yaml.Node, with ...string) {
	if section.Value == "storage" && !storageName.MatchString(name.Value) {
		c.add(d.Problem(name, fmt.Sprintf("%q is no name for a storage", name.Value), nameHint))
	}
	c.metaPiece(d, name, mapping(section, mapping(name, what)), with...)
}

// endpoints checks each by itself, and then that no name stands twice.
func (c *checker) endpoints(d *Document) {
	first := map[string]*yaml.Node{}
	in := map[string]string{}
	for _, role := range roles {
		section := d.Get(role)
		if section != nil && section.Kind != yaml.MappingNode && section.Tag != "!!null" {
			c.add(d.At(role+" holds no endpoints", "names with an interface each", role))
			continue
		}
		Each(section, func(name, what *yaml.Node) {
			if before := first[name.Value]; before != nil {
				c.add(d.Problem(name, fmt.Sprintf("endpoint %q stands in %s and in %s", name.Value, in[name.Value], role),
					fmt.Sprintf("an application has one endpoint of a name; the other is in %s:%d", d.File(before), before.Line)))
				return
			}
			first[name.Value], in[name.Value] = name, role
			if !endpointName.MatchString(name.Value) {
				c.add(d.Problem(name, fmt.Sprintf("%q is no name for an endpoint", name.Value), "lower-case letters and digits, joined by single hyphens or underscores"))
				return
			}
			piece := mapping(scalar(role), mapping(name, what))
			if scope := (&Document{Root: what}).Get("scope"); role == "requires" && what.Kind == yaml.MappingNode && scope != nil && scope.Value == "container" && d.Get("subordinate") != nil {
				piece.Content = append(piece.Content, scalar("subordinate"), d.Get("subordinate"))
			}
			c.metaPiece(d, name, piece)
		})
	}
}

// metaPiece asks Juju about a charm that has a part of the metadata only, and the sections that part refers to.
func (c *checker) metaPiece(d *Document, at, piece *yaml.Node, with ...string) {
	whole := mapping(scalar("name"), scalar(c.name))
	whole.Content = append(whole.Content, scalar("summary"), scalar("s"), scalar("description"), scalar("d"))
	whole.Content = append(whole.Content, piece.Content...)
	for _, section := range with {
		if value := d.Get(section); value != nil && find(piece, section) < 0 {
			whole.Content = append(whole.Content, scalar(section), value)
		}
	}
	text, err := yaml.Marshal(whole)
	if err == nil {
		var meta *jujucharm.Meta
		if meta, err = jujucharm.ReadMeta(bytes.NewReader(text)); err == nil {
			err = meta.Check(jujucharm.FormatV2, jujucharm.SelectionManifest)
		}
	}
	if err != nil {
		c.add(d.Problem(at, plain(err, "metadata: ", fmt.Sprintf("charm %q ", c.name)), ""))
	}
}

func (c *checker) config() {
	d := c.docs["config.yaml"]
	if d == nil {
		return
	}
	options := d.Get("options")
	if options == nil {
		c.add(Problem{File: d.Name, Text: "it has no options", Hint: "write options: {}, or remove the file"})
		return
	}
	if options.Kind != yaml.MappingNode && options.Tag != "!!null" {
		c.add(d.At("options holds no options", "names with a type each", "options"))
		return
	}
	Each(options, func(name, what *yaml.Node) {
		at := name
		text, err := yaml.Marshal(mapping(scalar("options"), mapping(name, what)))
		if err == nil {
			_, err = jujucharm.ReadConfig(bytes.NewReader(text))
		}
		if err == nil {
			return
		}
		for _, key := range []string{"type", "default"} {
			if i := find(what, key); i >= 0 && strings.Contains(err.Error(), key) {
				at = what.Content[i]
			}
		}
		c.add(d.Problem(at, plain(err, "invalid config default: ", "invalid config: "), ""))
	})
}

func (c *checker) actions() {
	d := c.docs["actions.yaml"]
	if d == nil {
		return
	}
	Each(d.Root, func(name, what *yaml.Node) {
		text, err := yaml.Marshal(mapping(name, what))
		if err == nil {
			_, err = jujucharm.ReadActionsYaml(c.name, bytes.NewReader(text))
		}
		if err != nil {
			c.add(d.Problem(name, fmt.Sprintf("action %q: %s", name.Value, plain(err, "invalid params schema for action schema "+name.Value+": ")), ""))
		}
	})
}

func (c *checker) manifest() {
	d := c.docs["manifest.yaml"]
	if d == nil {
		c.add(Problem{File: "manifest.yaml", Text: "there is none, and Juju 4 refuses a charm without", Hint: `write bases: [{name: ubuntu, channel: "24.04"}]`})
		return
	}
	bases := d.Get("bases")
	if bases == nil || bases.Kind != yaml.SequenceNode || len(bases.Content) == 0 {
		c.add(d.At("it names no bases", `write bases: [{name: ubuntu, channel: "24.04"}]`, "bases"))
		return
	}
	for _, base := range bases.Content {
		text, err := yaml.Marshal(mapping(scalar("bases"), &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{base}}))
		if err == nil {
			_, err = jujucharm.ReadManifest(bytes.NewReader(text))
		}
		hint := ""
		if err != nil && strings.Contains(err.Error(), "expected string, got float") {
			hint = "put the channel in quotes"
		}
		if err != nil {
			c.add(d.Problem(base, "base: "+plain(err, "manifest: ", "coerce: "), hint))
		}
	}
}

func (c *checker) profile() {
	d := c.docs["lxd-profile.yaml"]
	if d == nil {
		return
	}
	text, err := d.Text()
	if err == nil {
		var profile *jujucharm.LXDProfile
		if profile, err = jujucharm.ReadLXDProfile(bytes.NewReader(text)); err == nil {
			err = profile.ValidateConfigDevices()
		}
	}
	if err != nil {
		c.add(Problem{File: d.Name, Text: plain(err)})
	}
}

// whole asks Juju about everything together, for what no part shows: what a
// charm with series, the old format, must not have.
func (c *checker) whole() {
	d := c.docs["metadata.yaml"]
	text, err := d.Text()
	if err == nil {
		var meta *jujucharm.Meta
		if meta, err = jujucharm.ReadMeta(bytes.NewReader(text)); err == nil {
			format := jujucharm.FormatV2
			if len(meta.Series) > 0 {
				format = jujucharm.FormatV1
			}
			err = meta.Check(format, jujucharm.SelectionManifest)
		}
	}
	if err != nil {
		c.add(Problem{File: d.Name, Text: plain(err, "metadata: ")})
	}
}

// plain is an error's text without what our places say better.
func plain(err error, prefixes ...string) string {
	text := err.Error()
	for _, prefix := range prefixes {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func mapping(key, value *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, value}}
}
