package connectors

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check finds what is wrong between the keys of connectors.yaml, each of which
// is right by itself.
func (s settings) check() (wrong []Mistake) {
	say := func(format string, args ...any) {
		wrong = append(wrong, Mistake{File: SettingsFile, Message: fmt.Sprintf(format, args...)})
	}
	s.Defaults.check("defaults", say)
	for _, name := range sortedKeys(s.Environments) {
		if name == "" || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
			say("environments: %q cannot be the name of a folder under %s/", name, FilesFolder)
		}
		at := "environments." + name
		s.Environments[name].check(at, say)
		for _, cluster := range sortedKeys(s.Environments[name].Clusters) {
			if c := s.Environments[name].Clusters[cluster].or(s.Defaults.Clusters[cluster]); len(c.URLs) == 0 {
				say("%s.clusters.%s: it has no urls", at, cluster)
			}
		}
	}
	return wrong
}

func (e environmentSettings) check(at string, say func(string, ...any)) {
	for _, name := range sortedKeys(e.Clusters) {
		c, at := e.Clusters[name], at+".clusters."+name
		c.Auth.check(at+".auth", say)
		if t := c.TLS; t != nil && t.Certificate.empty() != t.Key.empty() {
			say("%s.tls: a certificate and its key belong together", at)
		}
	}
}

func (a *authSettings) check(at string, say func(string, ...any)) {
	if a == nil {
		return
	}
	if a.Basic != nil && a.Bearer != nil {
		say("%s: a request carries either basic or bearer", at)
	}
	if a.Basic != nil && (a.Basic.Username.text == "" && a.Basic.Username.empty() || a.Basic.Password.empty()) {
		say("%s.basic: it needs a username and a password", at)
	}
	for _, name := range sortedKeys(a.Headers) {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
			say("%s.headers: %q cannot be the name of a header", at, name)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
