package connectors

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// The scalars of connectors.yaml. Each checks itself where it is decoded, so
// that a mistake carries its line.

type (
	ownerName   string  // the first part of [OwnerKey]'s value
	address     string  // a worker's URL; "{env}" stands for the environment
	filePattern string  // see matchFile
	share       float64 // above 0 and up to 1
	count       int     // from 1
)

// wrongAt is an error that YAML decoding collects rather than ends with.
func wrongAt(node *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: ", node.Line) + fmt.Sprintf(format, args...)}}
}

// scalar gives a node's text if it is text, not a number or a mapping.
func scalar(node *yaml.Node, what string) (string, error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" || node.Value == "" {
		return "", wrongAt(node, "%s is not expected here: write %s", kindOf(strings.TrimPrefix(node.ShortTag(), "!!")), what)
	}
	return node.Value, nil
}

func (o *ownerName) UnmarshalYAML(node *yaml.Node) error {
	text, err := scalar(node, "the name of the owner")
	if err != nil {
		return err
	}
	if err := CheckOwner(text); err != nil {
		return wrongAt(node, "%s", err)
	}
	*o = ownerName(text)
	return nil
}

// CheckOwner refuses names of owners that could be taken for another's once
// the environment is behind them: only letters, digits, ".", "_" and "-".
func CheckOwner(name string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(name) {
		return fmt.Errorf(`cannot use %q as an owner: only letters, digits, ".", "_" and "-" are in one`, name)
	}
	return nil
}

// inEnvironment replaces "{env}".
func (a address) inEnvironment(name string) string {
	return strings.ReplaceAll(string(a), "{env}", name)
}

func (a *address) UnmarshalYAML(node *yaml.Node) error {
	text, err := scalar(node, "the URL of a worker")
	if err != nil {
		return err
	}
	u, err := url.Parse(strings.ReplaceAll(text, "{env}", "env"))
	switch {
	case err != nil: // whose text would show the URL, and perhaps a password in it
		return wrongAt(node, "this is not a URL: write http://host:port")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return wrongAt(node, "this is not the URL of a worker: write http://host:port")
	case u.User != nil:
		return wrongAt(node, "a credential in a URL is refused: write it under auth.basic, by reference")
	case u.RawQuery != "" || u.Fragment != "":
		return wrongAt(node, "the URL of a worker has no query and no fragment")
	}
	*a = address(text)
	return nil
}

func (p *filePattern) UnmarshalYAML(node *yaml.Node) error {
	text, err := scalar(node, "a pattern")
	if err != nil {
		return err
	}
	if _, err := path.Match(text, ""); err != nil {
		return wrongAt(node, "the pattern %q is malformed: close its brackets", text)
	}
	*p = filePattern(text)
	return nil
}

// matches says whether a file, relative to its environment's folder, is meant:
// as by path.Match for the whole path or for one of the folders it is in, and
// with "**" for any number of folders.
func (p filePattern) matches(file string) bool {
	pattern := strings.Split(strings.Trim(string(p), "/"), "/")
	parts := strings.Split(file, "/")
	for n := len(parts); n > 0; n-- {
		if matchParts(pattern, parts[:n]) {
			return true
		}
	}
	return false
}

func matchParts(pattern, parts []string) bool {
	if len(pattern) == 0 {
		return len(parts) == 0
	}
	if pattern[0] == "**" {
		return matchParts(pattern[1:], parts) || len(parts) > 0 && matchParts(pattern, parts[1:])
	}
	if len(parts) == 0 {
		return false
	}
	ok, _ := path.Match(pattern[0], parts[0]) // checked when it was read
	return ok && matchParts(pattern[1:], parts[1:])
}

func (s *share) UnmarshalYAML(node *yaml.Node) error {
	var value float64
	if node.Decode(&value) != nil || !(value > 0 && value <= 1) {
		return wrongAt(node, "a share is a number above 0 and up to 1, such as 0.2")
	}
	*s = share(value)
	return nil
}

func (c *count) UnmarshalYAML(node *yaml.Node) error {
	var value int
	if node.ShortTag() != "!!int" || node.Decode(&value) != nil || value < 1 { // 1.5 would decode to 1
		return wrongAt(node, "a count is a whole number from 1")
	}
	*c = count(value)
	return nil
}
