package connectors

// Exporting: from a cluster to a folder whose plan is empty.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// ExportOptions say what is exported. Environment is needed.
type ExportOptions struct {
	// Environment is the folder's name under connectors/.
	Environment string
	// Owner is written to connectors.yaml; see [CheckOwner]. By default, none.
	Owner string
	// URLs are the workers' addresses, written to connectors.yaml. By default,
	// who uses the folder has to know them.
	URLs []string
	// Keep says which connectors are exported. By default, all.
	Keep func(name string) bool
	// Flat writes every key into the connector's own file. By default, values
	// that most connectors of a class share are in defaults.libsonnet.
	Flat bool
}

// secretsVariable is the external variable that holds passwords.
const secretsVariable = "secrets"

// SecretsFile is the git-ignored file that holds an environment's passwords.
func SecretsFile(environment string) string { return "secrets." + environment + ".json" }

// Export gives the files of a folder, by path with slashes, that describe what
// a cluster runs: the plan of that folder is empty. Each connector has a file
// of its own; literal passwords are only in [SecretsFile], which .gitignore
// names and the files read by std.extVar. Equal clusters give equal bytes.
//
// Values that the server masks are not known: they are left out, with a
// comment in their place.
func Export(live *Live, o ExportOptions) (map[string][]byte, error) {
	if o.Environment == "" || strings.ContainsAny(o.Environment, `/\`) || strings.HasPrefix(o.Environment, ".") {
		return nil, fmt.Errorf("cannot export to the environment %q: it is the name of a folder under %s/", o.Environment, FilesFolder)
	}
	e := &export{o: o, folder: path.Join(FilesFolder, o.Environment), files: map[string][]byte{}, secrets: map[string]map[string]string{}}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(live.Connectors)) {
		if o.Keep != nil && !o.Keep(name) {
			continue
		}
		if err := connect.CheckName(name); err != nil {
			wrong = append(wrong, fmt.Errorf("cannot export connector %q: %w", name, err))
			continue
		}
		e.connectors = append(e.connectors, e.take(name, live.Connectors[name]))
	}
	if wrong != nil {
		return nil, errors.Join(wrong...)
	}
	if !o.Flat {
		e.share()
	}
	e.name()
	for _, c := range e.connectors {
		e.files[path.Join(e.folder, c.file+".jsonnet")] = c.jsonnet()
	}
	e.common()
	return e.files, nil
}

// An export is one on its way.
type export struct {
	o          ExportOptions
	folder     string
	connectors []*exported
	files      map[string][]byte
	secrets    map[string]map[string]string // by connector, by key
	defaults   map[string]map[string]string // by class
}

// An exported is a connector on its way to a file.
type exported struct {
	name   string
	class  string
	file   string // without extension
	state  State
	plain  map[string]string
	secret []string // keys whose values are in the secrets file
	masked []string // keys whose values nobody tells
	shared map[string]string
}

// take sorts a connector's keys into what may be written down, and the rest.
func (e *export) take(name string, now connect.Expanded) *exported {
	c := &exported{name: name, class: now.Info.Config["connector.class"], state: Running, plain: map[string]string{}}
	if state := stateOf(now); state == Paused || state == Stopped {
		c.state = state
	}
	inside := maps.Clone(now.Info.Config)
	maps.DeleteFunc(inside, func(key, value string) bool { return connect.SecretKey(key) && !LiteralPassword(key, value) })
	safe := connect.Hide(inside)
	for _, key := range slices.Sorted(maps.Keys(now.Info.Config)) {
		value := now.Info.Config[key]
		shown, looked := safe[key]
		switch {
		case key == "name", key == OwnerKey, key == StateKey:
		case connect.Masked(value):
			c.masked = append(c.masked, key)
		case LiteralPassword(key, value), looked && shown != value:
			c.secret = append(c.secret, key)
			if e.secrets[name] == nil {
				e.secrets[name] = map[string]string{}
			}
			e.secrets[name][key] = value
		default:
			c.plain[key] = value
		}
	}
	return c
}

// share finds the values that most connectors of a class have in common. Only
// keys that all of them have count: a file can change a default, not remove
// it.
func (e *export) share() {
	byClass := map[string][]*exported{}
	for _, c := range e.connectors {
		byClass[c.class] = append(byClass[c.class], c)
	}
	e.defaults = map[string]map[string]string{}
	for class, all := range byClass {
		if len(all) < 2 {
			continue
		}
		common := map[string]string{}
		for key := range all[0].plain {
			if value, most := mostHave(all, key); most {
				common[key] = value
			}
		}
		if len(common) < 2 { // the class alone is no help
			continue
		}
		e.defaults[class] = common
		for _, c := range all {
			c.shared = common
		}
	}
}

// mostHave gives the value that at least two thirds of the connectors have
// under a key that all have.
func mostHave(all []*exported, key string) (string, bool) {
	counts := map[string]int{}
	best := ""
	for _, c := range all {
		value, has := c.plain[key]
		if !has {
			return "", false
		}
		counts[value]++
		if counts[value] > counts[best] || counts[value] == counts[best] && value < best {
			best = value
		}
	}
	return best, counts[best]*3 >= len(all)*2
}

// name finds a file for each connector, also where names differ only in case
// and the file system does not tell these apart.
func (e *export) name() {
	taken := map[string]bool{}
	for _, c := range e.connectors {
		base := fileName(c.name)
		c.file = base
		for n := 2; taken[strings.ToLower(c.file)]; n++ {
			c.file = base + "~" + strconv.Itoa(n)
		}
		taken[strings.ToLower(c.file)] = true
	}
}

// longestFileName leaves room for the extension and a number in what file
// systems take.
const longestFileName = 200

// fileName is a name as every file system takes it: what may mean something to
// one is written as %XX. A file says its connector's name itself.
func fileName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if letter || c == '_' || (c == '-' || c == '.') && i > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	text := b.String()
	return text[:min(len(text), longestFileName)]
}

// common writes what the connectors' files need beside them.
func (e *export) common() {
	if text := e.library(); text != nil {
		e.files[path.Join(e.folder, "defaults.libsonnet")] = text
	}
	e.files[SettingsFile] = e.settings()
	if len(e.secrets) > 0 {
		e.files[SecretsFile(e.o.Environment)] = indented(e.secrets)
		e.files[".gitignore"] = []byte("# Passwords that the files of connectors/ read.\nsecrets.*.json\n")
	}
}

// settings is the connectors.yaml. JSON strings are YAML.
func (e *export) settings() []byte {
	var b bytes.Buffer
	if e.o.Owner != "" {
		fmt.Fprintf(&b, "owner: %s\n", jsonText(e.o.Owner))
	}
	fmt.Fprintf(&b, "environments:\n  %s:\n", jsonText(e.o.Environment))
	empty := b.Len()
	if len(e.o.URLs) > 0 {
		fmt.Fprintf(&b, "    clusters:\n      %s:\n        urls:\n", DefaultCluster)
		for _, url := range e.o.URLs {
			fmt.Fprintf(&b, "          - %s\n", jsonText(url))
		}
	}
	if len(e.secrets) > 0 {
		fmt.Fprintf(&b, "    variables:\n      %s: {file: %s}\n", secretsVariable, jsonText(SecretsFile(e.o.Environment)))
	}
	if b.Len() == empty {
		b.Truncate(empty - 1)
		b.WriteString(" {}\n")
	}
	return b.Bytes()
}

func jsonText(text string) string { return string(bytes.TrimSpace(indented(text))) }

func indented(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // texts, and maps of them, always are JSON
	return b.Bytes()
}
