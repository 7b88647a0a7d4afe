package connectors

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// A Desired is what an environment's files want.
type Desired struct {
	// Connectors are those of all the environment's clusters, sorted by name
	// and file.
	Connectors []Connector
	// Files is how many files there are, and Evaluated how many of them were
	// not answered from the cache.
	Files, Evaluated int

	environment string
	secrets     []string
}

// For gives the connectors that go to a cluster, sorted by name.
func (d *Desired) For(c *Cluster) []Connector {
	return slices.DeleteFunc(slices.Clone(d.Connectors), func(wanted Connector) bool {
		return !c.takes(d.environment, wanted.Source.File)
	})
}

// Secrets are the texts that came into the files as secret variables, for
// those who have to keep them out of what they print.
func (d *Desired) Secrets() []string { return slices.Clone(d.secrets) }

// A reading is how the values of one file become connectors.
type reading struct {
	file           string
	floats         bool // numbers are Jsonnet's, which are floats
	lines          bool // values have lines worth naming
	allowPasswords bool
	secrets        []string
	wrong          []Mistake
}

// connectors gives a file's connectors: one for an object of values, several
// for an object of objects or an array of them. What is wrong is noted, and
// the others are still given.
func (r *reading) connectors(d datum) (all []Connector) {
	switch {
	case d.kind == isObject && r.several(d):
		for _, f := range d.fields {
			if c, ok := r.connector(f.value, f.key, f.key); ok {
				all = append(all, c)
			}
		}
	case d.kind == isObject:
		if c, ok := r.connector(d, "", strings.TrimSuffix(path.Base(r.file), path.Ext(r.file))); ok {
			all = append(all, c)
		}
	case d.kind == isList:
		for i, item := range d.items {
			key := strconv.Itoa(i)
			if item.kind != isObject {
				r.say(item, key, "", "is %s: every element is a connector's configuration", item.kind)
			} else if c, ok := r.connector(item, key, ""); ok {
				all = append(all, c)
			}
		}
	default:
		r.say(d, "", "", "gives %s: a file gives a connector's configuration, an object of them by name, or an array of them", d.kind)
	}
	return all
}

// several says whether an object holds connectors rather than being one. An
// empty one holds none.
func (r *reading) several(d datum) bool {
	return !slices.ContainsFunc(d.fields, func(f field) bool { return f.value.kind != isObject })
}

func (r *reading) say(d datum, connector, key, format string, args ...any) {
	m := Mistake{File: r.file, Connector: connector, Key: key, Message: fmt.Sprintf(format, args...)}
	if r.lines {
		m.Line = d.line
	}
	r.wrong = append(r.wrong, m)
}

// connector makes one of an object. Its name is the one it says, or otherwise
// the one given.
func (r *reading) connector(d datum, key, otherwise string) (Connector, bool) {
	before := len(r.wrong)
	c := Connector{Config: map[string]string{}, State: Running, Source: Source{File: r.file, Key: key}, secrets: r.secrets}
	for _, f := range d.fields {
		switch f.key {
		case "name":
			c.Name = r.text(f.value, key, f.key)
			if key != "" && otherwise != "" && c.Name != otherwise {
				r.say(f.value, key, f.key, "is %q, but it is kept under %q: leave one of them out", c.Name, otherwise)
			}
		case StateKey:
			c.State = r.state(f.value, key)
		case OwnerKey:
			r.say(f.value, key, f.key, "is written by the tool: name the owner in %s", SettingsFile)
		default:
			c.Config[f.key] = r.value(f.value, key, f.key)
		}
	}
	if c.Name == "" {
		c.Name = otherwise
	}
	if key == "" {
		key = c.Name // good to have, and not wrong, in a message
	}
	if c.Name == "" {
		r.say(d, key, "name", "is missing: a connector in an array has to name itself")
	} else if err := connect.CheckName(c.Name); err != nil {
		r.say(d, key, "name", "is not one that Connect handles well: %s", why(err))
	}
	if c.Config["connector.class"] == "" {
		r.say(d, key, "connector.class", "is missing: what is no connector belongs outside of %s/, or into a .libsonnet file", path.Join(FilesFolder, environmentOf(r.file)))
	}
	return c, len(r.wrong) == before
}

// environmentOf is the second part of a file's path.
func environmentOf(file string) string {
	parts := strings.SplitN(file, "/", 3)
	return parts[min(1, len(parts)-1)]
}

// why is the sentence of an error about a name.
func why(err error) string {
	if e, ok := err.(*connect.Error); ok {
		return e.Message
	}
	return err.Error()
}

func (r *reading) text(d datum, connector, key string) string {
	if d.kind != isText {
		r.say(d, connector, key, "is %s: write text", d.kind)
	}
	return d.text
}

func (r *reading) state(d datum, connector string) State {
	states := []string{string(Running), string(Paused), string(Stopped)}
	if d.kind != isText || !slices.Contains(states, d.text) {
		r.say(d, connector, StateKey, "is %q%s: write one of %s", d.text, nearest.Hint(d.text, states), strings.Join(states, ", "))
		return Running
	}
	return State(d.text)
}

// value gives a value the form Connect keeps it in.
func (r *reading) value(d datum, connector, key string) string {
	if strings.TrimSpace(key) != key || key == "" {
		r.say(d, connector, key, "is not a key: blanks are around it, or nothing is in it")
	}
	switch d.kind {
	case isNull:
		r.say(d, connector, key, "is null: Connect takes text; leave the key out, or write \"\"")
	case isObject, isList:
		r.say(d, connector, key, "is %s: Connect takes text; write it as one", d.kind)
	case isNumber:
		d.text = r.number(d, connector, key)
	}
	if !r.allowPasswords && LiteralPassword(key, d.text) && !holdsSecret(d.text, r.secrets) {
		r.say(d, connector, key, "holds a password by value: write a reference such as ${env:NAME} that the worker "+
			"resolves, or take it from a variable of %s; allow-passwords in its policy accepts it", SettingsFile)
	}
	return d.text
}

// number writes a number as Connect would keep it: without an exponent, and
// exactly. Jsonnet's are floats: beyond 2^53 they may no longer be what was
// written.
func (r *reading) number(d datum, connector, key string) string {
	var number any = json.Number(d.text)
	if r.floats {
		f, err := strconv.ParseFloat(d.text, 64)
		if err != nil || math.Abs(f) > 1<<53 {
			r.say(d, connector, key, "is a number beyond 2^53, which Jsonnet does not keep exactly: write it in quotes")
			return d.text
		}
		number = f
	}
	flat, err := connect.Normalise(map[string]any{key: number})
	if err != nil {
		r.say(d, connector, key, "is %.40s, which is out of range: write it in quotes", d.text)
	}
	return flat[key]
}

// shortSecret is a text too short to be looked for inside of others.
const shortSecret = 6

// holdsSecret says whether a secret variable went into a value: it is one of
// their texts, or one that is not short is in it.
func holdsSecret(value string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool {
		return value == secret || len(secret) >= shortSecret && strings.Contains(value, secret)
	})
}

// reference is one that a worker's config provider resolves.
var configReference = regexp.MustCompile(`\$\{[A-Za-z0-9_.-]+:[^}]*\}`)

// LiteralPassword says whether a value holds a secret itself: its key names
// one, and no reference such as ${file:…} is in it. It is narrower than
// [connect.SecretKey], which hides what may be one: "message.key.columns" and
// "credentials.path" name none.
func LiteralPassword(key, value string) bool {
	if value == "" || !connect.SecretKey(key) || configReference.MatchString(value) {
		return false
	}
	if value == "true" || value == "false" {
		return false
	}
	key = strings.ToLower(key)
	for _, ending := range []string{"path", "file", "location", "url", "uri", "endpoint", "provider", "enable", "enabled",
		"type", "format", "algorithm", "ms", "size", "columns", "field", "fields", "topic", "mode"} {
		if strings.HasSuffix(key, "."+ending) || strings.HasSuffix(key, "_"+ending) {
			return false
		}
	}
	for _, part := range []string{"password", "passwd", "passphrase", "secret", "token", "credential", "jaas", "user.info",
		"access.key", "api.key", "apikey", "private.key", "account.key", "master.key", "encryption.key", "shared.key", "keystore.key"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}
